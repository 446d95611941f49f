import { z } from 'zod';
import { pageOf, timestampSchema } from '../http/schemas.dto.js';
import { toTimestamp, toTimestampOrNull } from '../kernel/clock.js';
import type { ApiKeyEntity } from './api-key.entity.js';
import { SCOPES } from './scopes.js';

export const createApiKeySchema = z
  .strictObject({
    team: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Small letters, digits and dashes, 1 to 63 characters.')
      .describe('Whose channels and messages the key sees and makes.'),
    scopes: z.array(z.enum(SCOPES)).min(1).describe('What the key allows.'),
    expiresAt: timestampSchema.optional().describe('From when on it is refused; never, when left out.'),
  })
  .meta({ id: 'CreateApiKey', example: { team: 'support', scopes: ['messages:send', 'messages:read'] } });

const apiKeyFields = {
  id: z.string(),
  team: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
};

const example = {
  id: 'key_01m81mk9t2f4c7qzr5w8x0b3ne',
  team: 'support',
  scopes: ['messages:send', 'messages:read'],
  createdAt: '2026-11-22T12:40:02.114Z',
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

export function toApiKeyDto(row: ApiKeyEntity): ApiKeyDto {
  return {
    id: row.id,
    team: row.team,
    scopes: row.scopes,
    createdAt: toTimestamp(row.createdAt),
    expiresAt: toTimestampOrNull(row.expiresAt),
    revokedAt: toTimestampOrNull(row.revokedAt),
  };
}
