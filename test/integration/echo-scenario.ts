import { MINUTE_MS, SECOND_MS } from '../../src/kernel/duration.js';
import type { matchEcho, UnsettledSend } from '../../src/messaging/unknown/echo-match.js';
import { renderText } from '../../src/sandbox/events/message-text.js';
import { parseDirectMessage, type XDirectMessage } from '../../src/x-api/direct-message-v1.js';

const OUR_APP = '29981177';
const OTHER_APPS = ['3033300', '258901'];
const BRAND = '1488203456789012345';
const PARTICIPANT = '84391207';
const START = Date.UTC(2026, 0, 15, 12);

/** Texts that are easily taken for one another: what comes of one in X's hands looks like what comes of another. */
const FAMILIES: readonly (readonly string[])[] = [
  ['Your SIM is on its way', 'your SIM is on its way', 'Your SIM is on its way.', 'Your SIM  is on its way', ' Your SIM is on its way\n'],
  ['See https://shop.example/a for it', 'See https://shop.example/b for it', 'See https://shop.example/a?x=1 for it', 'See https://other.example/a for it'],
  ['Pay at https://pay.example/1.', 'Pay at https://pay.example/1', 'Pay at https://pay.example/2!', 'Pay at https://pay.example/1/'],
  ['a < b & c > d', 'a &lt; b &amp; c &gt; d', 'a < b & c', 'a <b> & c'],
  ['Caf\u00e9 at 5', 'Cafe\u0301 at 5', 'Cafe at 5', 'CAF\u00c9 at 5'],
  ['shop.example has it', 'www.shop.example has it', 'Shop.Example has it', 'shop has it'],
  ['Yes', 'Yes', 'yes', 'Yes!'],
];

interface Send {
  id: string;
  text: string;
  startedAt: number;
  isTaken: boolean;
  /** When X's clear answer is settled; null when none comes. */
  answeredAt: number | null;
}

/** One message that X tells of, as it arrives; `sendId` is the truth about it. */
interface Told {
  event: XDirectMessage;
  arrivesAt: number;
  sendId: string | null;
}

export interface Findings {
  /** Bound to a message that it is not. */
  wrong: string[];
  /** Of messages that nothing else could be: how many there were, and how many were bound. */
  certain: number;
  bound: number;
}

type Match = typeof matchEcho;

/** Makes up what happens in one conversation within some minutes, and lets a rule bind what X tells of it. */
export function playScenario(random: () => number, match: Match, findings: Findings): void {
  const { sends, told } = makeUp(random);
  const settled = new Map<string, string>();
  const knownEvents = new Set<string>();
  for (const { event, arrivesAt, sendId } of told) {
    for (const send of sends) {
      if (send.answeredAt !== null && send.answeredAt <= arrivesAt && !settled.has(send.id)) {
        const own = send.isTaken ? told.find((one) => one.sendId === send.id)?.event.xMessageId : undefined;
        settled.set(send.id, own ?? 'refused');
        if (own !== undefined) knownEvents.add(own);
      }
    }
    if (knownEvents.has(event.xMessageId)) continue;
    knownEvents.add(event.xMessageId);
    const unsettled: UnsettledSend[] = sends
      .filter((send) => !settled.has(send.id) && send.startedAt <= arrivesAt)
      .map(({ id, text, startedAt }) => ({ messageId: id, text, startedAt }));
    const matched = match(event, OUR_APP, unsettled);
    if (matched !== null && matched !== sendId) {
      findings.wrong.push(JSON.stringify({ event, unsettled, matched, sendId }));
    }
    if (sendId !== null && isCertain(sendId, unsettled)) {
      findings.certain += 1;
      findings.bound += matched === sendId ? 1 : 0;
    }
    if (matched !== null) settled.set(matched, event.xMessageId);
  }
}

/** It is unsettled, and no other one is whose text X could turn into the same. */
function isCertain(sendId: string, unsettled: readonly UnsettledSend[]): boolean {
  const own = unsettled.find(({ messageId }) => messageId === sendId);
  return own !== undefined && unsettled.every((other) => other === own || familyOf(other.text) !== familyOf(own.text));
}

const familyOf = (text: string): number => FAMILIES.findIndex((family) => family.includes(text));

function makeUp(random: () => number): { sends: Send[]; told: Told[] } {
  const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const families = random() < 0.7 ? [oneOf(FAMILIES)] : [oneOf(FAMILIES), oneOf(FAMILIES)];
  const anyText = (): string => oneOf(oneOf(families));
  const skewMs = Math.round((random() * 2 - 1) * 2 * MINUTE_MS);
  let at = START;
  let ids = 0;
  const told: Told[] = [];
  const tell = (text: string, createdAt: number, app: string | null, sendId: string | null): void => {
    const id = `20896233306${String((ids += 1)).padStart(4, '0')}`;
    const event = asXTells(id, random() < 0.5 ? text.normalize('NFC') : text, createdAt, app);
    const times = random() < 0.15 ? 0 : random() < 0.15 ? 2 : 1;
    for (let n = 0; n < times; n += 1) {
      const delayMs = random() < 0.7 ? random() * SECOND_MS : random() * 4 * MINUTE_MS;
      told.push({ event, arrivesAt: createdAt - skewMs + delayMs, sendId });
    }
  };
  const sends = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, n): Send => {
    at += Math.round(random() < 0.5 ? random() * SECOND_MS : random() * 5 * MINUTE_MS);
    const send = { id: `msg_${n}`, text: anyText(), startedAt: at, isTaken: random() < 0.6, answeredAt: random() < 0.4 ? at + random() * 2 * SECOND_MS : null };
    if (send.isTaken) {
      tell(send.text, Math.round(at + random() * 20 * SECOND_MS + skewMs), OUR_APP, send.id);
    }
    return send;
  });
  // A person who types the same words, another team's app, one whose app X does not name, and our own of an hour ago that nobody remembers.
  for (let n = Math.floor(random() * 3); n > 0; n -= 1) {
    tell(anyText(), Math.round(START + random() * 6 * MINUTE_MS + skewMs), random() < 0.2 ? null : oneOf(OTHER_APPS), null);
  }
  if (random() < 0.3) {
    tell(anyText(), START - 60 * MINUTE_MS, OUR_APP, null);
  }
  // Those told late, and one of an hour ago, arrive among the others.
  return { sends, told: told.map((one) => (one.event.createdAt < START - 30 * MINUTE_MS ? { ...one, arrivesAt: START + random() * 6 * MINUTE_MS } : one)).sort((a, b) => a.arrivesAt - b.arrivesAt) };
}

/** As X writes it into an event, and as we read it there. */
function asXTells(id: string, text: string, createdAt: number, app: string | null): XDirectMessage {
  const rendered = renderText(text.trim(), id, () => null);
  const raw = {
    type: 'message_create',
    id,
    created_timestamp: String(createdAt),
    message_create: {
      target: { recipient_id: PARTICIPANT },
      sender_id: BRAND,
      ...(app === null ? {} : { source_app_id: app }),
      message_data: { text: rendered.text, entities: rendered.entities },
    },
  };
  const event = parseDirectMessage(raw);
  if (event === null) throw new Error(`Not understood: ${JSON.stringify(raw)}`);
  return event;
}
