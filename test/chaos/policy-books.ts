import type { Sandbox } from '../../src/sandbox/sandbox-server.service.js';
import { queryDatabase } from '../e2e/database.js';

/** `countedAt` of a place whose message X has not counted yet. */
const NOT_YET = Number.MAX_SAFE_INTEGER;
const COUNTED = "m.charge = 'rate-limit' AND m.status IN ('queued', 'held', 'claimed', 'sending', 'sent', 'read', 'unknown')";
const OVER = "('failed', 'expired', 'cancelled')";

/** Where what is counted differs from the messages that it is counted for. All empty: nothing leaked, nothing was given back twice. */
export interface Drift {
  /** Conversations whose `window_used` is not the number of messages that use the window. */
  windows: string[];
  /** Messages that count towards the limits and have no place in them. */
  withoutPlace: string[];
  /** Places of messages that do not count, or are not there. */
  placesOfNobody: string[];
  /** Places that count as not yet sent, of messages that X has or may have. */
  sentAndNotCounted: string[];
}

export const NO_DRIFT: Drift = { windows: [], withoutPlace: [], placesOfNobody: [], sentAndNotCounted: [] };

/** Compares the counts with the messages. They are to agree after every commit, also while the service runs or lies dead. */
export async function readDrift(databaseUrl: string): Promise<Drift> {
  // One statement, so that nothing is committed between the four.
  const rows = await queryDatabase<{ what: keyof Drift; subject: string }>(
    databaseUrl,
    `SELECT 'windows' AS what, c.id || ': ' || c.window_used AS subject FROM conversations c
      WHERE c.window_used <> (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.charged_window = c.window_opened_at AND m.status NOT IN ${OVER})
     UNION ALL
     SELECT 'withoutPlace', m.id || ': ' || m.status FROM messages m
      WHERE ${COUNTED} AND NOT EXISTS (SELECT 1 FROM limit_uses u WHERE u.message_id = m.id)
     UNION ALL
     SELECT 'placesOfNobody', u.message_id FROM limit_uses u WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = u.message_id AND ${COUNTED})
     UNION ALL
     SELECT 'sentAndNotCounted', m.id || ': ' || m.status FROM limit_uses u JOIN messages m ON m.id = u.message_id
      WHERE u.counted_at = ${NOT_YET} AND m.status IN ('sent', 'read', 'unknown')`,
  );
  const of = (what: keyof Drift): string[] => rows.filter((row) => row.what === what).map(({ subject }) => subject);
  return { windows: of('windows'), withoutPlace: of('withoutPlace'), placesOfNobody: of('placesOfNobody'), sentAndNotCounted: of('sentAndNotCounted') };
}

/** What X and we say that messages counted as, where we know that X took them. */
export interface Charges {
  /** Messages. */
  compared: number;
  /** Participants between two of their messages to whom X counted more sends than we, and fewer. */
  tooFew: string[];
  tooMany: string[];
}

interface SentRow {
  text: string;
  participant: string;
  charge: string | null;
  status: string;
  startedAt: number | string;
  /** X's echo has settled it, maybe after a newer message of the participant. */
  isSettledLate: boolean | number;
}

/**
 * Compares with X's own books, for each participant and from one message of theirs to the next: each starts both anew. Left out is
 * a span in which a message's fate is unknown or was so for a while (a newer message may have opened another window before it was
 * settled), one that begins in the same millisecond as a send (which came first is not told), and one whose message X gave up to
 * deliver while the service was away.
 */
export async function compareCharges(databaseUrl: string, sandbox: Sandbox, inbounds: ReadonlyMap<string, readonly number[]>): Promise<Charges> {
  const spanOf = (participant: string, at: number): string => `${participant} from ${Math.max(0, ...(inbounds.get(participant) ?? []).filter((one) => one <= at))}`;
  const rows = await queryDatabase<SentRow>(
    databaseUrl,
    `SELECT m.text_fingerprint AS text, c.participant_id AS participant, m.charge, m.status, (SELECT max(a.started_at) FROM attempts a WHERE a.message_id = m.id) AS "startedAt",
            EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = m.id AND a.detail LIKE 'Settled by%') AS "isSettledLate"
       FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.direction = 'outbound' AND m.status IN ('sent', 'read', 'unknown')`,
  );
  const unclear = rows.filter(({ status, isSettledLate }) => status === 'unknown' || Boolean(isSettledLate));
  const unknown = unclear.map(({ participant, startedAt }) => spanOf(participant, Number(startedAt)));
  const ties = sandbox.ledger.sends.filter(({ participant, at }) => inbounds.get(participant)?.includes(at)).map(({ participant, at }) => spanOf(participant, at));
  const told = await queryDatabase<{ participant: string; at: number | string }>(
    databaseUrl,
    "SELECT c.participant_id AS participant, m.x_created_at AS at FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.direction = 'inbound'",
  );
  const known = new Set(told.map(({ participant, at }) => `${participant} from ${Number(at)}`));
  const untold = [...inbounds].flatMap(([participant, times]) => times.map((at) => `${participant} from ${at}`)).filter((span) => !known.has(span));
  const leftOut = new Set([...unknown, ...ties, ...untold]);
  const ours = new Map(rows.map(({ text, charge }) => [text, charge]));
  const counts = new Map<string, { x: number; us: number }>();
  let compared = 0;
  for (const { participant, at, text, countedAgainst } of sandbox.ledger.sends) {
    const span = spanOf(participant, at);
    if (!leftOut.has(span)) {
      const count = counts.get(span) ?? { x: 0, us: 0 };
      compared += 1;
      counts.set(span, { x: count.x + (countedAgainst === 'limit' ? 1 : 0), us: count.us + (ours.get(text) === 'rate-limit' ? 1 : 0) });
    }
  }
  const tell = ([span, { x, us }]: [string, { x: number; us: number }]): string => `${span}: X ${x}, we ${us}`;
  // One too many of ours is a charge that nobody could correct in time; one too few would let a limit be passed.
  return { compared, tooFew: [...counts].filter(([, { x, us }]) => us < x).map(tell), tooMany: [...counts].filter(([, { x, us }]) => us > x).map(tell) };
}
