import { z } from 'zod';
import { provenance } from './rate-policies.js';

const priceSchema = z.strictObject({
  price: z.union([z.number().min(0), z.literal('unknown')]).describe('a number from 0, or unknown'),
  ...provenance,
});

const eventsSchema = z.strictObject({ 'message-received': priceSchema, follow: priceSchema });
const callsSchema = z.strictObject({ 'message-sent': priceSchema, 'message-read': priceSchema, 'person-read': priceSchema });

/** The file `prices.yaml`. A description completes "must be …". */
export const pricesSchema = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/).describe('three capital letters, such as USD'),
  apis: z.strictObject({
    'account-activity-premium': eventsSchema,
    'account-activity-enterprise': eventsSchema,
    'account-activity-v2': eventsSchema,
    'x-activity': eventsSchema,
    'v1.1': callsSchema,
    v2: callsSchema,
  }),
});

/** What X charges for one of each, per generation of its API. */
export type Prices = z.infer<typeof pricesSchema>;
export type PricedApi = keyof Prices['apis'];
