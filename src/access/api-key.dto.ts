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

export const apiKeySchema = z.object(apiKeyFields).meta({ id: 'ApiKey' });
export const createdApiKeySchema = z
  .object({ ...apiKeyFields, key: z.string().describe('The key itself. Answered this once.') })
  .meta({ id: 'CreatedApiKey' });
export const apiKeyPageSchema = pageOf(apiKeySchema).meta({ id: 'ApiKeyPage' });

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
