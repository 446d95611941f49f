import type { Sandbox } from '../../src/sandbox/sandbox-server.service.js';
import { queryDatabase } from '../e2e/database.js';
import type { Accepted } from './sends-pressure.js';

const ENDED = ['sent', 'read', 'failed', 'expired', 'cancelled', 'unknown'];
/** How soon after an echo the message is to be settled by it. */
const SETTLED_WITHIN_MS = 2_000;

/** Where what X took, what clients were told and what the service believes differ. */
export interface SendDifferences {
  sentTwice: string[];
  /** Called sent, and X has nothing of it. */
  sentFalsely: string[];
  /** Called failed, expired or cancelled, and X has it. */
  failedFalsely: string[];
  outOfOrder: string[];
  notEnded: string[];
  acceptedTwice: string[];
  /** X's id of another message than the one that X took. */
  boundWrongly: string[];
  /** Accepted, and the service knows nothing of it. */
  lost: string[];
  /** Taken by X, and never accepted. */
  invented: string[];
}

export interface SendFigures {
  sent: number;
  failed: number;
  unknownEver: number;
  stillUnknown: number;
  settledBy: Record<string, number>;
  /** Unknown messages whose echo was answered 200, and how many of them were settled in time by it. */
  echoed: number;
  settledInTime: number;
  slowestMs: number;
}

interface Row {
  id: string;
  status: string;
  content: string;
  participant: string;
  xMessageId: string | null;
  unknownAt: number | null;
  settledBy: string | null;
  settledAt: number | null;
}

/** A time in which a service answered, from when on. */
export interface Life {
  readyAt: number;
}

export async function compareSends(databaseUrl: string, accepted: readonly Accepted[], sandbox: Sandbox, lives: readonly Life[]): Promise<{ differences: SendDifferences; figures: SendFigures }> {
  const rows = await queryDatabase<Row>(
    databaseUrl,
    `SELECT m.id, m.status, m.content, c.participant_id AS participant, m.x_message_id AS "xMessageId", m.unknown_at AS "unknownAt",
            a.settled_by AS "settledBy", a.settled_at AS "settledAt"
       FROM messages m JOIN conversations c ON c.id = m.conversation_id
       LEFT JOIN attempts a ON a.message_id = m.id AND a.outcome IN ('sent', 'failed', 'unknown') WHERE m.source = 'api'`,
  );
  const textOf = (row: Row): string => (JSON.parse(row.content) as { text: string }).text;
  const taken = sandbox.ledger.sends.map(({ text }) => text);
  const byText = new Map(rows.map((row) => [textOf(row), row]));
  const takenTexts = new Set(taken);
  const xIdOf = new Map(sandbox.ledger.sends.map(({ text, eventId }) => [text, eventId]));
  const differences: SendDifferences = {
    sentTwice: taken.filter((text, n) => taken.indexOf(text) !== n),
    sentFalsely: rows.filter(({ status }) => status === 'sent' || status === 'read').map(textOf).filter((text) => !takenTexts.has(text)),
    failedFalsely: rows.filter(({ status }) => ['failed', 'expired', 'cancelled'].includes(status)).map(textOf).filter((text) => takenTexts.has(text)),
    outOfOrder: findOutOfOrder(sandbox),
    notEnded: rows.filter(({ status }) => !ENDED.includes(status)).map((row) => `${textOf(row)}: ${row.status}`),
    acceptedTwice: rows.map(textOf).filter((text, n, texts) => texts.indexOf(text) !== n),
    boundWrongly: rows.filter((row) => row.xMessageId !== null && row.xMessageId !== xIdOf.get(textOf(row))).map(textOf),
    lost: accepted.filter(({ id, text }) => byText.get(text)?.id !== id).map(({ text }) => text),
    invented: taken.filter((text) => !byText.has(text)),
  };
  return { differences, figures: figuresOf(rows, sandbox, lives) };
}

export const NO_SEND_DIFFERENCES: SendDifferences = {
  sentTwice: [],
  sentFalsely: [],
  failedFalsely: [],
  outOfOrder: [],
  notEnded: [],
  acceptedTwice: [],
  boundWrongly: [],
  lost: [],
  invented: [],
};

/** X's messages to a participant that came after one with a higher number: each client accepts the next when it has the answer to the one before. */
function findOutOfOrder(sandbox: Sandbox): string[] {
  const last = new Map<string, number>();
  return sandbox.ledger.sends.flatMap(({ participant, text }) => {
    const number = Number(text.split(' ').at(-1));
    const isLate = number < (last.get(participant) ?? 0);
    last.set(participant, Math.max(number, last.get(participant) ?? 0));
    return isLate ? [text] : [];
  });
}

function figuresOf(rows: readonly Row[], sandbox: Sandbox, lives: readonly Life[]): SendFigures {
  const unknown = rows.filter(({ unknownAt }) => unknownAt !== null);
  const answeredAt = new Map(
    sandbox.ledger.deliveries.filter(({ kind, status }) => kind === 'echo' && status === 200).map(({ eventId, at, ms }) => [eventId, at + ms]),
  );
  const xIdOf = new Map(sandbox.ledger.sends.map(({ text, eventId }) => [text, eventId]));
  const lags = unknown.flatMap((row) => {
    const echoAt = answeredAt.get(xIdOf.get((JSON.parse(row.content) as { text: string }).text) ?? '');
    if (echoAt === undefined) {
      return [];
    }
    const settledAt = row.settledAt === null ? Infinity : Number(row.settledAt);
    // One that a kill came between is settled by the service after it.
    const from = Math.max(echoAt, Number(row.unknownAt), ...lives.map(({ readyAt }) => readyAt).filter((readyAt) => readyAt <= settledAt && readyAt > echoAt));
    return [row.settledBy === 'echo' ? settledAt - from : Infinity];
  });
  const count = (wanted: readonly string[]): number => rows.filter(({ status }) => wanted.includes(status)).length;
  const settledBy: Record<string, number> = {};
  for (const { settledBy: by } of unknown) settledBy[by ?? 'nothing'] = (settledBy[by ?? 'nothing'] ?? 0) + 1;
  return {
    sent: count(['sent', 'read']),
    failed: count(['failed']),
    unknownEver: unknown.length,
    stillUnknown: count(['unknown']),
    settledBy,
    echoed: lags.length,
    settledInTime: lags.filter((lag) => lag <= SETTLED_WITHIN_MS).length,
    slowestMs: Math.max(0, ...lags.filter((lag) => lag !== Infinity)),
  };
}
