import { z } from 'zod';
import { pageOf, timestampSchema } from '../http/schemas.dto.js';
import { type Instant, toTimestamp, toTimestampOrNull } from '../kernel/clock.js';
import type { ApiKeyEntity } from './api-key.entity.js';
import { SCOPES } from './scopes.js';

export const createApiKeySchema = z
  .strictObject({
    team: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Small letters, digits and dashes, 1 to 63 characters.')
      .describe('Whose channels and messages the key sees and makes.'),
    scopes: z.array(z.enum(SCOPES)).min(1).describe('What the key allows.'),
    channelIds: z.array(z.string().max(100)).min(1).max(100).optional().describe('Only these channels of the team; all of them, and what is of none, when left out. `admin` cannot be limited.'),
    expiresAt: timestampSchema.optional().describe('From when on it is refused; never, when left out.'),
  })
  .meta({ id: 'CreateApiKey', example: { team: 'support', scopes: ['messages:send', 'messages:read'] } });

const apiKeyFields = {
  id: z.string(),
  team: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  channelIds: z.array(z.string()).nullable(),
  createdAt: z.string(),
  lastUsedAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
};

const example = {
  id: 'key_01m81mk9t2f4c7qzr5w8x0b3ne',
  team: 'support',
  scopes: ['messages:send', 'messages:read'],
  channelIds: null,
  createdAt: '2026-11-22T12:40:02.114Z',
  lastUsedAt: '2026-11-26T08:01:10.000Z',
  expiresAt: null,
  revokedAt: null,
};

export const apiKeySchema = z.object(apiKeyFields).meta({ id: 'ApiKey', example });
export const createdApiKeySchema = z
  .object({ ...apiKeyFields, key: z.string().describe('The key itself. Answered this once.') })
  .meta({ id: 'CreatedApiKey', example: { ...example, key: 'tdc_01m81mk9t2f4c7qzr5w8x0b3ne_…' } });
export const apiKeyPageSchema = pageOf('ApiKeyPage', apiKeySchema, [example]);

export type CreateApiKey = z.infer<typeof createApiKeySchema>;
export type ApiKeyDto = z.infer<typeof apiKeySchema>;

export function toApiKeyDto(row: ApiKeyEntity, lastUsedAt: Instant | null): ApiKeyDto {
  return {
    id: row.id,
    team: row.team,
    scopes: row.scopes,
    channelIds: row.channelIds,
    createdAt: toTimestamp(row.createdAt),
    lastUsedAt: toTimestampOrNull(lastUsedAt),
    expiresAt: toTimestampOrNull(row.expiresAt),
    revokedAt: toTimestampOrNull(row.revokedAt),
  };
}
