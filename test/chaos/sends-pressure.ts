import { setTimeout as pause } from 'node:timers/promises';
import type { FaultKind } from '../../src/sandbox/control/fault.js';
import type { Sandbox } from '../../src/sandbox/sandbox-server.service.js';
import { fault } from '../e2e/service.js';
import { seededFractions } from '../integration/limit-storm.js';
import { postMessage } from './service-process.js';

const CLIENTS = 6;
/** So many faults strike while a service lives. */
const FAULTS_PER_LIFE = 10;

/** How long a send takes at an X that is slow. */
export const X_IS_SLOW_MS = 200;

/** What X does to a send: before it takes it, after it has taken it, and instead of an answer. */
const UNCLEAR: readonly FaultKind[] = ['accept-then-500', 'accept-then-503', 'accept-then-reset', 'reset-after', 'reset-before', 'hang', 'accept-then-hang', 'truncated-json', 'html-error', '151-but-delivered'];
const CLEAR = [{ kind: 'status', status: 403, code: 226 }, { kind: 'status', status: 503 }, { kind: 'status', status: 500 }, { kind: 'delay', delayMs: X_IS_SLOW_MS }] as const;
/** With X's reset in it, and without: both stop the account until the next life. */
const STOPS = [{ kind: '429' }, { kind: 'status', status: 429, code: 88 }] as const;

/** A message that a client was told is accepted. */
export interface Accepted {
  id: string;
  participant: string;
  text: string;
}

/** Clients that send, each to participants of its own, one message after the other, and an X that misbehaves. */
export class SendsPressure {
  /** In the order of their acceptance, which for one participant is that of their numbers. */
  readonly accepted: Accepted[] = [];
  readonly unexpected: string[] = [];
  private readonly random: () => number;
  private readonly next: Map<string, number>;

  constructor(
    private readonly url: string,
    private readonly sandbox: Sandbox,
    private readonly participants: readonly string[],
    private readonly wanted: number,
    seed: string,
  ) {
    this.random = seededFractions(seed);
    this.next = new Map(participants.map((participant) => [participant, 1]));
  }

  get isDone(): boolean {
    return this.accepted.length >= this.wanted;
  }

  fraction(): number {
    return this.random();
  }

  /** One life's load: ends with so many messages more, or when nobody answers any more. */
  async press(messages: number): Promise<void> {
    const until = Math.min(this.wanted, this.accepted.length + messages);
    const own = Array.from({ length: CLIENTS }, (_, client) => this.participants.filter((_participant, n) => n % CLIENTS === client));
    await Promise.all([this.misbehave(), ...own.map((participants) => this.sendUntil(until, participants))]);
  }

  private async misbehave(): Promise<void> {
    this.sandbox.faults.remove();
    for (let n = 0; n < FAULTS_PER_LIFE; n += 1) {
      const isLast = n === FAULTS_PER_LIFE - 1;
      const chosen = isLast && this.random() < 0.4 ? this.oneOf(STOPS) : this.random() < 0.7 ? { kind: this.oneOf(UNCLEAR) } : this.oneOf(CLEAR);
      fault(this.sandbox, { route: 'send', ...chosen });
      await pause(this.random() * 100);
    }
  }

  private async sendUntil(until: number, participants: readonly string[]): Promise<void> {
    while (this.accepted.length < until) {
      const participant = this.oneOf(participants);
      const number = this.next.get(participant) ?? 1;
      const text = `To ${participant}, number ${number}`;
      const answer = await postMessage(this.url, participant, text, `${participant}-${number}`);
      if (answer === null) {
        // Asked again with the same key in the next life.
        return;
      }
      if (answer.status === 202) {
        this.accepted.push({ id: String(answer.body['id']), participant, text });
        this.next.set(participant, number + 1);
      } else if (![409, 503].includes(answer.status)) {
        this.unexpected.push(`${answer.status} ${JSON.stringify(answer.body)}`);
      }
      await pause(this.random() * 10);
    }
  }

  private oneOf<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)] as Item;
  }
}

export { pause };
