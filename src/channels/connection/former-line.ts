import type { Instant } from '../../kernel/clock.js';
import { DAY_MS } from '../../kernel/duration.js';
import type { EventsApiName } from '../../x-api/x-generations.js';
import type { Connection } from '../channel-status.js';

/** How X tells a channel's events, and to which address of ours. */
export interface Line {
  eventsApi: EventsApiName;
  /** Null where the generation has no environments. */
  environmentName: string | null;
  webhookKey: string;
}

/** A line that a channel had before. */
export interface FormerLine extends Line {
  /** When it was ended at X; null: X may tell events over it yet, and it is still to be ended. */
  endedAt: Instant | null;
}

/** For so long after its end an address takes what X was late to deliver or repeats. */
const STILL_HEARD_MS = DAY_MS;

/**
 * The former lines of a channel whose line has changed: the one that it is on now is none of them. What was never connected has nothing
 * to be ended, and what belongs to another app cannot be ended with the credentials that the channel has now.
 */
export function formerLinesAfter(channel: Line & { connection: Connection; formerLines: readonly FormerLine[] }, next: Line, isSameApp: boolean, now: Instant): FormerLine[] {
  const { eventsApi, environmentName, webhookKey, connection, formerLines } = channel;
  if (next.webhookKey === webhookKey) {
    return [...formerLines];
  }
  const left: FormerLine = { eventsApi, environmentName, webhookKey, endedAt: connection === 'pending' ? now : null };
  const others = formerLines.filter((line) => line.webhookKey !== next.webhookKey && line.webhookKey !== webhookKey);
  return [...others, left].map((line) => (isSameApp ? line : { ...line, endedAt: line.endedAt ?? now }));
}

/** Whether X may still deliver over it. */
export function isStillHeard({ endedAt }: FormerLine, now: Instant): boolean {
  return endedAt === null || now - endedAt < STILL_HEARD_MS;
}
