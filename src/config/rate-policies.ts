import { z } from 'zod';

const count = () => z.number().int().min(1).describe('a whole number from 1');
const span = () => z.number().int().min(1).describe('a whole number of milliseconds from 1');
/** Where a number of X's stands, and when it was read there. */
export const provenance = {
  source: z.url({ protocol: /^https$/ }).describe('the https address of the page that says so'),
  date: z.iso.date().describe('a date, such as 2026-08-22'),
};

const replyWindowSchema = z.strictObject({ allotment: count(), windowMs: span(), ...provenance });

const limitSchema = z.strictObject({
  // Who is counted and for how long; also the name callers see in `GET /v1/channels/{id}/limits`.
  name: z.string().regex(/^(account|app)-\d+[mh]$/).describe('account or app, a dash and a span, such as account-24h'),
  limit: count(),
  windowMs: span(),
  ...provenance,
});

const profileSchema = z.strictObject({
  replyWindow: replyWindowSchema,
  limits: z.array(limitSchema).refine(hasDistinctNames).describe('a list of limits with different names'),
});

/** The file `rate-policies.yaml`. A description completes "must be …". */
export const ratePoliciesSchema = z.strictObject({
  profiles: z.strictObject({ 'v1.1': profileSchema, v2: profileSchema }),
});

/** A profile for each messages API a channel can have. */
export type RatePolicies = z.infer<typeof ratePoliciesSchema>['profiles'];

function hasDistinctNames(limits: readonly { name: string }[]): boolean {
  return new Set(limits.map(({ name }) => name)).size === limits.length;
}
