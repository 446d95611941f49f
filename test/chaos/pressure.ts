import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import type { ClientLedger } from './ledgers.js';
import { sign } from '../e2e/x-webhook.js';
import { type InboundEvent, postEvent, postMessage, postRead } from './service-process.js';

const EVENT_CLIENTS = 12;
const MESSAGE_CLIENTS = 4;
/** The kill comes this long after the first answers of a round, at the latest. */
const LONGEST_LOAD_MS = 600;
/** Most events of one round: the last service has to process what is left of them all. */
const EVENTS_PER_ROUND = 300;
/** One event in so many is posted again, as X does at times; one is signed by somebody else; and with one the participant has read what came before. */
const REPEAT_ONE_IN = 8;
const FORGE_ONE_IN = 15;
const READ_ONE_IN = 6;

/** Clients that post events as X, and send as a team, and keep book of what they were told. */
export class Pressure {
  readonly ledger: ClientLedger = { events: [], refused: [], messages: new Map(), unexpected: [] };
  private readonly random: () => number;
  private events = 0;
  private messages = 0;
  private isOn = false;
  /** Sends without a clear answer: tried again with the same key. */
  private readonly unanswered: string[] = [];

  constructor(
    private readonly url: string,
    private readonly webhookUrl: string,
    private readonly participants: readonly string[],
    seed: number,
  ) {
    this.random = seededFractions(seed);
  }

  /** Load until a random moment, at which `strike` comes; the clients see their connections break. */
  async forAWhile(strike: () => Promise<void>): Promise<void> {
    this.isOn = true;
    const { events, messages } = { events: this.ledger.events.length, messages: this.ledger.messages.size };
    const last = this.events + EVENTS_PER_ROUND;
    const clients = [
      ...Array.from({ length: EVENT_CLIENTS }, () => this.postEvents(last)),
      ...Array.from({ length: MESSAGE_CLIENTS }, () => this.postMessages()),
    ];
    await eventually(() => this.ledger.events.length > events + 5 && this.ledger.messages.size > messages, 'the service is under load', { withinMs: 15_000 });
    await delay(50 + this.random() * LONGEST_LOAD_MS);
    await strike();
    this.isOn = false;
    await Promise.all(clients);
  }

  /** Asks again for every send whose answer was cut off, until each has one. */
  async settle(): Promise<void> {
    for (let text = this.unanswered.shift(); text !== undefined; text = this.unanswered.shift()) {
      await this.send(text);
      await delay(20);
    }
  }

  private async postEvents(last: number): Promise<void> {
    while (this.isOn && this.events < last) {
      this.events += 1;
      const from = this.participants[Math.floor(this.random() * this.participants.length)] as string;
      const event: InboundEvent = { id: `2089623${String(this.events).padStart(12, '0')}`, from, text: `event ${this.events}`, createdAt: Date.now() };
      if (this.events % FORGE_ONE_IN === 0) {
        const forged = await postEvent(this.webhookUrl, event, { 'x-twitter-webhooks-signature': sign(event.id) });
        this.ledger.refused.push(...(forged?.status === 401 ? [event] : []));
        this.noteUnexpected('forged event', [forged?.status], [401, 503]);
        continue;
      }
      const posts = [postEvent(this.webhookUrl, event)];
      const isRead = this.events % READ_ONE_IN === 0;
      if (isRead) {
        posts.push(postRead(this.webhookUrl, event));
      }
      if (this.events % REPEAT_ONE_IN === 0) {
        posts.push(postEvent(this.webhookUrl, event));
      }
      const answers = await Promise.all(posts);
      if ([answers[0], ...answers.slice(isRead ? 2 : 1)].some((answer) => answer?.status === 200)) {
        this.ledger.events.push(event);
      }
      this.noteUnexpected('event', answers.map((answer) => answer?.status), [200, 503]);
    }
  }

  private async postMessages(): Promise<void> {
    while (this.isOn) {
      await this.send(this.unanswered.shift() ?? `message ${(this.messages += 1)}`);
      await delay(10);
    }
  }

  private async send(text: string): Promise<void> {
    const to = this.participants[Number(text.split(' ')[1]) % this.participants.length] as string;
    const answer = await postMessage(this.url, to, text, text.replace(' ', '-'));
    if (answer?.status === 202) {
      const id = String(answer.body['id']);
      const before = this.ledger.messages.get(text);
      if (before !== undefined && before !== id) {
        this.ledger.unexpected.push(`${text} was answered with ${before} and with ${id}`);
      }
      this.ledger.messages.set(text, id);
    } else {
      this.unanswered.push(text);
    }
    // 409: the request that was killed has its key for a moment longer.
    this.noteUnexpected('message', [answer?.status], [202, 409, 503]);
  }

  private noteUnexpected(what: string, statuses: readonly (number | undefined)[], expected: readonly number[]): void {
    for (const status of statuses) {
      if (status !== undefined && !expected.includes(status)) {
        this.ledger.unexpected.push(`${what}: ${status}`);
      }
    }
  }
}

/** Fractions that a seed repeats. */
function seededFractions(seed: number): () => number {
  let count = 0;
  return () => createHash('sha256').update(`${seed}:${(count += 1)}`).digest().readUInt32BE() / 2 ** 32;
}
