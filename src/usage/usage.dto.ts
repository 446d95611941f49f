import { z } from 'zod';
import { USAGE_KINDS } from './usage.js';

/** The most days that one answer tells of. */
export const MOST_DAYS = 92;

const day = (what: string) => z.iso.date({ error: 'Must be a day, such as 2026-11-27.' }).optional().describe(what);

export const usageQuerySchema = z.strictObject({
  from: day('The first day, by UTC. Absent: 29 days before the last.'),
  to: day(`The last day, by UTC, ${MOST_DAYS - 1} days after the first at most. Absent: today.`),
});
export type UsageQuery = z.infer<typeof usageQuerySchema>;

const chargeSchema = z.object({
  kind: z.enum(USAGE_KINDS).describe('`message-received`: one that X’s webhook told of first. `follow`: somebody follows the account, or no more. `message-sent`: one that X took, or may have taken, on the day on which it was handed over. `message-read`: one of X’s history that it answered to a look. `person-read`: somebody whom X was asked about.'),
  api: z.string().describe('The generation of X’s API that told it or took it.'),
  count: z.number().int(),
  price: z.string().nullable().describe('X’s price for one; null where X publishes none.'),
  amount: z.string().nullable().describe('What they come to; null without a price.'),
});

const sumSchema = {
  estimate: z.string().describe('The sum of what has a price.'),
  isComplete: z.boolean().describe('All of it has a price.'),
};

const EXAMPLE = {
  currency: 'USD',
  from: '2026-11-27',
  to: '2026-11-27',
  days: [
    {
      day: '2026-11-27',
      charges: [
        { kind: 'message-received', api: 'account-activity-v2', count: 40, price: null, amount: null },
        { kind: 'message-sent', api: 'v2', count: 52, price: '0.015', amount: '0.78' },
      ],
      estimate: '0.78',
      isComplete: false,
    },
  ],
  total: { estimate: '0.78', isComplete: false },
  dailyCap: { limit: 500, used: 52, remaining: 448, resetsAt: '2026-11-28T00:00:00.000Z' },
};

export const usageSchema = z
  .object({
    currency: z.string(),
    from: z.string(),
    to: z.string(),
    days: z.array(z.object({ day: z.string(), charges: z.array(chargeSchema), ...sumSchema })).describe('All days asked for, by UTC, the oldest first.'),
    total: z.object(sumSchema),
    dailyCap: z
      .object({ limit: z.number().int(), used: z.number().int().describe('Messages that X took today, and those that it may have.'), remaining: z.number().int(), resetsAt: z.string() })
      .nullable()
      .describe('How the channel’s `policy.dailyCap` stands; null without one.'),
  })
  .meta({ id: 'ChannelUsage', example: EXAMPLE });
export type ChannelUsageDto = z.infer<typeof usageSchema>;
