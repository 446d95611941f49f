import type { Instant } from '../../kernel/clock.js';
import type { XAnswer } from '../../kernel/problem.js';
import type { Charge } from '../../rate-policy/reply-window.js';
import type { StepNote } from './message-step.js';
import type { MessageStatus } from './message-status.js';

/** What is known of one try to hand a message to X. */
export interface TimelineAttempt {
  id: string;
  claimedAt: Instant | null;
  startedAt: Instant;
  finishedAt: Instant | null;
  outcome: 'in-flight' | 'sent' | 'not-sent' | 'failed' | 'unknown';
  xStatus: number | null;
  xCode: number | null;
  detail: string | null;
  settledAt: Instant | null;
  settledBy: 'answer' | 'echo' | 'look-up' | 'resolution' | null;
}

export interface TimelineSource {
  message: { createdAt: Instant; acceptedCharge: Charge | null; status: MessageStatus; readAt: Instant | null };
  attempts: readonly TimelineAttempt[];
  steps: readonly { at: Instant; kind: StepNote['kind']; detail: object }[];
}

export type TimelineEntry = { at: Instant } & (
  | StepNote
  | { kind: 'accepted' }
  | { kind: 'claimed' }
  | { kind: 'attempt'; attemptId: string; finishedAt: Instant | null; outcome: TimelineAttempt['outcome']; x: XAnswer | null }
  | { kind: 'settled'; status: 'sent' | 'failed'; by: NonNullable<TimelineAttempt['settledBy']>; attemptId: string }
  | { kind: 'read' }
);

/** Everything that happened to a message, in its order. What happened in one millisecond is told in the order in which it can happen. */
export function toTimeline({ message, attempts, steps }: TimelineSource): TimelineEntry[] {
  const entries: TimelineEntry[] = [
    { at: message.createdAt, kind: 'accepted' },
    ...(message.acceptedCharge === null ? [] : [{ at: message.createdAt, kind: 'charged' as const, charge: message.acceptedCharge }]),
    ...steps.map(({ at, kind, detail }) => ({ at, kind, ...detail }) as TimelineEntry),
    ...attempts.flatMap(entriesOf),
    ...(message.readAt === null ? [] : [{ at: message.readAt, kind: 'read' as const }]),
  ];
  return entries.map((entry, index) => ({ entry, index })).sort((a, b) => a.entry.at - b.entry.at || rankOf(a.entry) - rankOf(b.entry) || a.index - b.index).map(({ entry }) => entry);
}

function entriesOf(attempt: TimelineAttempt): TimelineEntry[] {
  const { id: attemptId, startedAt, finishedAt, outcome, settledAt, settledBy } = attempt;
  const isSettledLater = settledBy !== null && settledBy !== 'answer';
  const x = attempt.xStatus === null && attempt.xCode === null && attempt.detail === null ? null : { status: attempt.xStatus, code: attempt.xCode, detail: attempt.detail ?? '' };
  return [
    ...(attempt.claimedAt === null ? [] : [{ at: attempt.claimedAt, kind: 'claimed' as const }]),
    { at: startedAt, kind: 'attempt', attemptId, finishedAt, outcome: isSettledLater ? 'unknown' : outcome, x },
    ...(settledAt !== null && settledBy !== null && (outcome === 'sent' || outcome === 'failed')
      ? [{ at: settledAt, kind: 'settled' as const, status: outcome, by: settledBy, attemptId }]
      : []),
  ];
}

const ORDER: readonly TimelineEntry['kind'][] = ['accepted', 'charged', 'held', 'released', 'claim-lost', 'media-put-off', 'media-handed-over', 'claimed', 'attempt', 'looked-up', 'settled', 'read'];

function rankOf({ kind }: TimelineEntry): number {
  return ORDER.indexOf(kind);
}
