import { z } from 'zod';
import { LIMITS_EXAMPLE, limitSchema } from '../rate-policy/limits.dto.js';
import { windowSchema } from './message.dto.js';
import { REPLY_WINDOW_EXAMPLE } from './message-examples.js';

export const checkedSendSchema = z
  .object({
    allowed: z.boolean().describe('Whether sending it would answer 202.'),
    outcome: z.enum(['send', 'hold', 'refuse']).describe('`send`: it would leave now. `hold`: it would be accepted and wait. `refuse`: it would be answered 409 or 422.'),
    charge: z.enum(['reply', 'rate-limit']).nullable().describe('What it would cost; null where it would not leave or is yet to be decided. Of a long text that is split: of the last message that it becomes.'),
    window: windowSchema.describe('The reply window with it.'),
    limits: z.array(limitSchema).describe('The limits with it.'),
    reasons: z
      .array(z.object({ code: z.string(), detail: z.string() }))
      .describe('Why it would not leave now: the code of the problem for what is refused, `heldBecause` for what is held.'),
    heldUntil: z.string().nullable().describe('When it would be tried, as far as that is known.'),
  })
  .meta({ id: 'CheckedSend', example: { allowed: true, outcome: 'send', charge: 'reply', window: REPLY_WINDOW_EXAMPLE, limits: LIMITS_EXAMPLE, reasons: [], heldUntil: null } });

export type CheckedSend = z.infer<typeof checkedSendSchema>;
