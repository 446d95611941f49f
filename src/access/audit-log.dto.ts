import { z } from 'zod';
import { pageOf, pageQuery } from '../http/schemas.dto.js';
import { toTimestamp } from '../kernel/clock.js';
import type { AuditEntry } from './audit-entry.js';

const example = {
  id: 'aud_01m81mk9t2f4c7qzr5w8x0b3ne',
  seq: 12,
  at: '2026-11-26T12:00:00.000Z',
  keyId: 'key_01m81mk9t2f4c7qzr5w8x0b3ne',
  team: 'support',
  action: 'channel.changed',
  target: 'chn_01m81mm3kzadxvtgak2mv71gjh',
  fields: ['policy'],
  requestId: 'req_317266a93dc22d3316d1187c',
  address: '10.0.0.7',
  previousHash: '9c1e…',
  hash: '5b02…',
};

export const auditEntrySchema = z
  .object({
    id: z.string(),
    seq: z.number().int().describe('From 1 and without a gap.'),
    at: z.string(),
    keyId: z.string().describe('Whose key it was; `bootstrap` for ADMIN_API_KEY, `service` for what it does by itself.'),
    team: z.string().nullable(),
    action: z.string(),
    target: z.string().describe('What was changed.'),
    fields: z.array(z.string()).describe('Which fields were given; never what they were set to.'),
    requestId: z.string().nullable(),
    address: z.string().nullable().describe('Where the request came from.'),
    previousHash: z.string(),
    hash: z.string().describe('SHA-256 over the entry and the hash before it.'),
  })
  .meta({ id: 'AuditEntry', example });

export const auditPageSchema = pageOf('AuditPage', auditEntrySchema, [example]);

export const auditQuerySchema = z.strictObject({
  ...pageQuery,
  team: z.string().max(100).optional().describe('Only what keys of this team did.'),
  action: z.string().max(100).optional().describe('Only this, such as `channel.changed`.'),
});

export const auditVerificationSchema = z
  .object({
    holds: z.boolean().describe('Every entry is as it was written, and none is missing.'),
    entries: z.number().int(),
    brokenAt: z.number().int().nullable().describe('The number of the first that is not.'),
  })
  .meta({ id: 'AuditVerification', example: { holds: true, entries: 12, brokenAt: null } });

export function toAuditEntryDto(entry: AuditEntry): z.infer<typeof auditEntrySchema> {
  const { id, seq, keyId, team, action, target, fields, requestId, address, previousHash, hash } = entry;
  return { id, seq, at: toTimestamp(entry.at), keyId, team, action, target, fields: [...fields], requestId, address, previousHash, hash };
}
