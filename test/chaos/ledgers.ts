import type { Sandbox } from '../../src/sandbox/sandbox-server.service.js';
import { queryDatabase } from '../e2e/database.js';
import type { InboundEvent } from './service-process.js';

/** What the clients were told, over all kills. */
export interface ClientLedger {
  /** Answered 200. */
  events: InboundEvent[];
  /** Signed wrongly and answered 401. */
  refused: InboundEvent[];
  /** Answered 202: our id by text. */
  messages: Map<string, string>;
  /** Answers that were neither, nor a refusal to try again. */
  unexpected: string[];
}

/** Where the ledgers differ. All empty: nothing was lost, repeated or made up. */
export interface Differences {
  eventsLost: string[];
  eventsWithTwoEffects: string[];
  /** Signed wrongly, and kept. */
  eventsForged: string[];
  /** Not taken up, or set aside. */
  eventsUnprocessed: number;
  /** Stored as another message than was sent: text, participant or time. */
  eventsGarbled: string[];
  /** Conversations whose window is not the one that the newest message opened. */
  windowsWrong: string[];
  messagesLost: string[];
  messagesMadeTwice: string[];
  sentTwice: string[];
  /** Called sent, and X has nothing of it. */
  sentFalsely: string[];
  /** X has it, and it is called anything but sent, read or unknown. */
  sentUnnoticed: string[];
  unfinished: string[];
  integrity: string;
}

export const NO_DIFFERENCES: Differences = {
  eventsLost: [],
  eventsWithTwoEffects: [],
  eventsForged: [],
  eventsUnprocessed: 0,
  eventsGarbled: [],
  windowsWrong: [],
  messagesLost: [],
  messagesMadeTwice: [],
  sentTwice: [],
  sentFalsely: [],
  sentUnnoticed: [],
  unfinished: [],
  integrity: 'ok',
};

interface Row {
  id: string;
  xMessageId: string | null;
  text: string;
  status: string;
  participant: string;
  xCreatedAt: number | null;
  windowOpenedAt: number | null;
}

const SETTLED = ['sent', 'read', 'unknown'];

/** Compares what clients were told and what X took with what is in the database. */
export async function compareLedgers(databaseUrl: string, clients: ClientLedger, sandbox: Sandbox): Promise<Differences> {
  const read = (direction: string): Promise<Row[]> =>
    queryDatabase<Row>(
      databaseUrl,
      `SELECT m.id, m.x_message_id AS xMessageId, json_extract(m.content, '$.text') AS text, m.status, c.participant_id AS participant,
              m.x_created_at AS xCreatedAt, c.window_opened_at AS windowOpenedAt
         FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.direction = '${direction}'`,
    );
  const [inbound, outbound] = [await read('inbound'), await read('outbound')];
  const received = group(inbound, ({ xMessageId }) => xMessageId ?? '');
  const byText = group(outbound, ({ text }) => text);
  const taken = group(sandbox.ledger.sends, ({ text }) => text);
  const [waiting] = await queryDatabase<{ n: number }>(databaseUrl, "SELECT count(*) AS n FROM webhook_events WHERE status <> 'processed'");
  const [check] = await queryDatabase<{ integrity_check: string }>(databaseUrl, 'PRAGMA integrity_check');
  const newest = new Map<string, number>();
  for (const { participant, xCreatedAt } of inbound) {
    newest.set(participant, Math.max(newest.get(participant) ?? 0, xCreatedAt ?? 0));
  }
  return {
    eventsLost: clients.events.filter(({ id }) => !received.has(id)).map(({ id }) => id),
    eventsWithTwoEffects: [...received].filter(([, rows]) => rows.length > 1).map(([id]) => id),
    eventsForged: clients.refused.filter(({ id }) => received.has(id)).map(({ id }) => id),
    eventsUnprocessed: waiting?.n ?? -1,
    eventsGarbled: clients.events.filter((event) => received.get(event.id)?.some((row) => !isOf(row, event)) === true).map(({ id }) => id),
    windowsWrong: inbound.filter((row) => row.windowOpenedAt !== newest.get(row.participant)).map(({ participant }) => participant),
    messagesLost: [...clients.messages].filter(([text, id]) => byText.get(text)?.some((row) => row.id === id) !== true).map(([text]) => text),
    messagesMadeTwice: [...byText].filter(([, rows]) => rows.length > 1).map(([text]) => text),
    sentTwice: [...taken].filter(([, sends]) => sends.length > 1).map(([text]) => text),
    sentFalsely: outbound.filter(({ status, text }) => (status === 'sent' || status === 'read') && !taken.has(text)).map(({ text }) => text),
    sentUnnoticed: [...taken.keys()].filter((text) => byText.get(text)?.some(({ status }) => SETTLED.includes(status)) !== true),
    unfinished: outbound.filter(({ status }) => !SETTLED.includes(status)).map(({ text, status }) => `${text}: ${status}`),
    integrity: check?.integrity_check ?? 'no answer',
  };
}

function isOf(row: Row, event: InboundEvent): boolean {
  return row.text === event.text && row.participant === event.from && row.xCreatedAt === event.createdAt;
}

function group<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  }
  return groups;
}
