import { z } from 'zod';
import { toTimestamp, toTimestampOrNull } from '../kernel/clock.js';
import type { TimelineEntry } from './message/message-timeline.js';

const entrySchema = z.object({
  at: z.string(),
  kind: z
    .enum(['accepted', 'charged', 'held', 'released', 'claim-lost', 'media-handed-over', 'media-put-off', 'claimed', 'attempt', 'looked-up', 'settled', 'read'])
    .describe(
      '`charged`: what it costs, again when that changes. `held` and `released`: it waited, and what it waited for came. `claimed`: a dispatcher took it. `claim-lost`: that died before anything left. `media-handed-over`: so much of its upload X has. `media-put-off`: X did not take the upload for now. `attempt`: it was handed to X. `looked-up`: X’s history was looked at, in vain. `settled`: what became of it.',
    ),
  charge: z.enum(['reply', 'rate-limit']).nullable().optional().describe('`charged`: null when it was given back.'),
  because: z.string().optional().describe('`held`: what it waits for.'),
  until: z.string().nullable().optional().describe('`held`: when it is looked at again; null where something has to happen first.'),
  attemptId: z.string().optional(),
  finishedAt: z.string().nullable().optional().describe('`attempt`: when X had answered, or we gave up waiting.'),
  outcome: z
    .enum(['in-flight', 'sent', 'not-sent', 'failed', 'unknown'])
    .optional()
    .describe('`attempt`: what its answer told. `not-sent`: X certainly did not take it, and another attempt may follow. `unknown`: X may have taken it.'),
  x: z
    .object({ status: z.number().nullable(), code: z.number().nullable(), detail: z.string() })
    .nullable()
    .optional()
    .describe('`attempt`, `media-put-off`: what X answered.'),
  sentBytes: z.number().int().optional().describe('`media-handed-over`: how many bytes.'),
  state: z.enum(['uploading', 'processing', 'ready']).optional().describe('`media-handed-over`: `processing`, X looks at it; `ready`, X attaches it.'),
  result: z.enum(['absent', 'unclear', 'unavailable']).optional().describe('`looked-up`: `absent`, X’s history does not have it; `unclear`, more than one message could be it, or the history is too long; `unavailable`, X did not answer, or no read is left.'),
  status: z.enum(['sent', 'failed', 'expired', 'cancelled']).optional().describe('`settled`: as what.'),
  by: z.enum(['answer', 'echo', 'look-up', 'resolution']).optional().describe('`settled`: by what: X’s answer to the attempt, X’s echo in an event, X’s history, or a caller. Absent where X was never asked.'),
});

export const timelineSchema = z
  .object({ data: z.array(entrySchema), page: z.object({ next: z.null().describe('A timeline comes whole.') }) })
  .meta({
    id: 'MessageTimeline',
    example: {
      data: [
        { at: '2026-11-22T12:00:00.000Z', kind: 'accepted' },
        { at: '2026-11-22T12:00:00.000Z', kind: 'charged', charge: 'reply' },
        { at: '2026-11-22T12:00:00.012Z', kind: 'claimed' },
        { at: '2026-11-22T12:00:00.020Z', kind: 'attempt', attemptId: 'att_01m81s97tr7v54392jgff7y39g', finishedAt: '2026-11-22T12:00:10.020Z', outcome: 'unknown', x: { status: null, code: null, detail: 'The connection to X ended before its answer (ECONNRESET).' } },
        { at: '2026-11-22T12:00:12.300Z', kind: 'settled', status: 'sent', by: 'echo', attemptId: 'att_01m81s97tr7v54392jgff7y39g' },
      ],
      page: { next: null },
    },
  });

export const resolutionSchema = z
  .strictObject({ outcome: z.enum(['sent', 'not-sent']).describe('`sent`: X took it. `not-sent`: X did not; it is then `failed`, and what it cost is given back.') })
  .meta({ id: 'MessageResolution', example: { outcome: 'sent' } });

export type MessageResolution = z.infer<typeof resolutionSchema>;

export function toTimelineDto(entries: readonly TimelineEntry[]): z.infer<typeof timelineSchema> {
  const data = entries.map((entry) => ({
    ...entry,
    at: toTimestamp(entry.at),
    ...('until' in entry ? { until: toTimestampOrNull(entry.until) } : {}),
    ...('finishedAt' in entry ? { finishedAt: toTimestampOrNull(entry.finishedAt) } : {}),
  }));
  return { data: data as z.infer<typeof entrySchema>[], page: { next: null } };
}
