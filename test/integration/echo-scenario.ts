import { MINUTE_MS, SECOND_MS } from '../../src/kernel/duration.js';
import type { matchEcho, UnsettledSend } from '../../src/messaging/unknown/echo-match.js';
import { renderText } from '../../src/sandbox/events/message-text.js';
import type { XDirectMessage } from '../../src/x-api/direct-message.js';
import { parseDirectMessage } from '../../src/x-api/direct-message-v1.js';
import { whatSurvives } from './echo-truth.js';

const OUR_APP = '29981177';
const OTHER_APPS = ['3033300', '258901'];
const BRAND = '1488203456789012345';
const PARTICIPANT = '84391207';
const START = Date.UTC(2026, 0, 15, 12);

/** Texts that are easily taken for one another: what comes of one in X's hands looks like what comes of another, or nearly. */
const FAMILIES: readonly (readonly string[])[] = [
  ['Your SIM is on its way', 'your SIM is on its way', 'Your SIM is on its way.', 'Your SIM  is on its way', ' Your SIM is on its way\n'],
  ['See https://shop.example/a for it', 'See https://shop.example/b for it', 'See https://shop.example/a?x=1 for it', 'See https://other.example/a for it'],
  ['Pay at https://pay.example/1.', 'Pay at https://pay.example/1', 'Pay at https://pay.example/2!', 'Pay at https://pay.example/1/', 'Pay at https://pay.example/10'],
  ['Pay at https://pay.example/1', 'Pay at https://pay.example/12', 'Pay at https://pay.example/1 or /12', 'Pay at https://pay.example/A', 'Pay at https://pay.example/a'],
  ['https://shop.example/a or https://shop.example/b', 'https://shop.example/b or https://shop.example/a', 'https://shop.example/a or https://shop.example/a'],
  ['Look (https://shop.example/a)!', 'Look (https://shop.example/a)?', 'Look https://shop.example/a', 'Look https://shop.example/a, then'],
  ['a < b & c > d', 'a &lt; b &amp; c &gt; d', 'a < b & c', 'a <b> & c', 'a &lt b'],
  ['https://shop.example/?a=1&b=2', 'https://shop.example/?a=1&amp;b=2', 'https://shop.example/?a=1&b=3', 'https://shop.example?a=1&b=2'],
  ['Caf\u00e9 at 5', 'Cafe\u0301 at 5', 'Cafe at 5', 'CAF\u00c9 at 5', 'Caf\u00e9 at 5.30', 'Caf\u00e9 at 5.45'],
  ['shop.example has it', 'www.shop.example has it', 'Shop.Example has it', 'shop has it', 'https://shop.example/ has it', 'pop.example has it'],
  ['Paid.Thanks', 'Paid.Sorry', 'Paid. Thanks', 'paid.thanks'],
  ['Costs $& or $1: https://shop.example/$1', 'Costs $& or $2: https://shop.example/$2'],
  ['\u2764\ufe0f ok', '\u2764 ok', '\ud83d\udc4d ok', '\ud83d\udc4d\ud83c\udffd ok'],
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
    if (sendId !== null && isCertain(sendId, event, unsettled)) {
      findings.certain += 1;
      findings.bound += matched === sendId ? 1 : 0;
    }
    if (matched !== null) settled.set(matched, event.xMessageId);
  }
}

/** It is unsettled, and no other one at its time has a text that X could turn into the same. */
function isCertain(sendId: string, event: XDirectMessage, unsettled: readonly UnsettledSend[]): boolean {
  const own = unsettled.find(({ messageId }) => messageId === sendId);
  const isOther = (other: UnsettledSend): boolean => other !== own && isInTime(event, other) && whatSurvives(other.text) === whatSurvives(own?.text ?? '');
  return own !== undefined && !unsettled.some(isOther);
}

/** X's clock is at most 2 minutes off, and X takes a message within 10 minutes or never. */
const isInTime = ({ createdAt }: XDirectMessage, { startedAt }: UnsettledSend): boolean =>
  createdAt >= startedAt - 2 * MINUTE_MS && createdAt <= startedAt + 10 * MINUTE_MS;

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
    const event = asXTells(id, random() < 0.5 ? text.normalize('NFC') : text, createdAt, app, random);
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
  // Our app in the hands of someone else, or of an earlier life of ours: nearly the same words. The very same could not be told apart.
  if (random() < 0.3) {
    const near = anyText();
    if (sends.every(({ text }) => whatSurvives(text) !== whatSurvives(near))) {
      tell(near, Math.round(START + random() * 6 * MINUTE_MS + skewMs), OUR_APP, null);
    }
  }
  if (random() < 0.3) {
    tell(anyText(), START - 60 * MINUTE_MS, OUR_APP, null);
  }
  // Those told late, and one of an hour ago, arrive among the others.
  return { sends, told: told.map((one) => (one.event.createdAt < START - 30 * MINUTE_MS ? { ...one, arrivesAt: START + random() * 6 * MINUTE_MS } : one)).sort((a, b) => a.arrivesAt - b.arrivesAt) };
}

/** As X writes it into an event, and as we read it there. Of what it does to links we know little: sometimes it does one thing, sometimes another. */
function asXTells(id: string, text: string, createdAt: number, app: string | null, random: () => number): XDirectMessage {
  const [linksBareHosts, endsHosts] = [random() < 0.7, random() < 0.5];
  const written = linksBareHosts ? text.trim().replace(BARE_HOST, 'http://$&') : text.trim();
  const rendered = renderText(written, id, () => null);
  const urls = (rendered.entities.urls as { expanded_url: string }[]).map((url) => ({ ...url, expanded_url: endsHosts ? withSlash(url.expanded_url) : url.expanded_url }));
  const raw = {
    type: 'message_create',
    id,
    created_timestamp: String(createdAt),
    message_create: {
      target: { recipient_id: PARTICIPANT },
      sender_id: BRAND,
      ...(app === null ? {} : { source_app_id: app }),
      message_data: { text: rendered.text, entities: { ...rendered.entities, urls } },
    },
  };
  const event = parseDirectMessage(raw);
  if (event === null) throw new Error(`Not understood: ${JSON.stringify(raw)}`);
  return event;
}

const BARE_HOST = /(?<![\w./-])(?:[\w-]+\.)+example\b/gi;
const withSlash = (address: string): string => address.replace(/^(https?:\/\/[^/?#]+)(?=$|\?)/i, (_, host: string) => `${host.toLowerCase()}/`);
