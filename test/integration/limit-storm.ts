import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel } from '../../src/channels/channel.js';
import { Problem } from '../../src/kernel/problem.js';
import { Expiry } from '../../src/messaging/window/expiry.service.js';
import { LimitRelease } from '../../src/messaging/outbox/limit-release.service.js';
import { OutgoingMessages } from '../../src/messaging/acceptance/outgoing-messages.service.js';
import type { Sandbox } from '../../src/sandbox/sandbox-server.service.js';
import type { AnswerBody } from '../e2e/answers.js';
import { fault, type Service } from '../e2e/service.js';
import { deliver, inboundBody } from '../e2e/x-webhook.js';
import type { ManualClock } from '../support/manual-clock.js';

const SECOND_MS = 1_000;

/** Everything at once that takes places and windows and gives them back, at several services on one database. */
export class LimitStorm {
  /** What failed, in words. */
  readonly errors: string[] = [];
  accepted = 0;
  private readonly random: () => number;
  private inbounds = 0;

  constructor(
    private readonly services: readonly Service[],
    private readonly channels: readonly Channel[],
    /** The one of them that X tells of messages, as the API shows it. */
    private readonly connected: AnswerBody,
    private readonly participants: readonly string[],
    private readonly sandbox: Sandbox,
    private readonly clock: ManualClock,
    seed: string,
  ) {
    this.random = seededFractions(seed);
  }

  /** For so long, each kind of step again and again, side by side with the others. */
  async blow(seconds: number): Promise<void> {
    const until = performance.now() + seconds * SECOND_MS;
    const steps = [
      { everyMs: 20, step: async () => this.clock.advance(SECOND_MS) },
      ...Array.from({ length: 4 }, () => ({ everyMs: 15, step: () => this.accept() })),
      ...Array.from({ length: 2 }, () => ({ everyMs: 30, step: () => this.hear() })),
      { everyMs: 25, step: () => this.anyPart(LimitRelease).run() },
      { everyMs: 50, step: () => this.expire() },
      { everyMs: 1_500, step: async () => this.disturb() },
    ];
    await Promise.all(steps.map(({ step, everyMs }) => this.repeat(until, everyMs, step)));
  }

  private async repeat(until: number, everyMs: number, step: () => Promise<unknown>): Promise<void> {
    while (performance.now() < until) {
      await step().catch((error: unknown) => this.note(error));
      await delay(this.random() * 2 * everyMs);
    }
  }

  /** A refusal is an answer; time goes on between a look at a send and the send. */
  private note(error: unknown): void {
    if (!(error instanceof Problem)) {
      this.errors.push(String(error));
    }
  }

  private async accept(): Promise<void> {
    const [channel, participant] = [this.oneOf(this.channels), { id: this.oneOf(this.participants), username: null, name: null }];
    const wanted = {
      from: channel.accountId,
      to: { number: participant.id },
      content: { type: 'text' as const, text: 'In the storm' },
      ...(this.random() < 0.1 ? { validUntil: new Date(this.clock.now() + 30 * SECOND_MS).toISOString() } : {}),
      ...(this.random() < 0.1 ? { beyondAllotment: 'hold' as const } : {}),
    };
    const outgoing = this.anyPart(OutgoingMessages);
    await outgoing.accept(channel, participant, wanted, async () => undefined);
    this.accepted += 1;
  }

  /** One event of X with messages of one or two participants, in any order. */
  private async hear(): Promise<void> {
    const senders = new Set([this.oneOf(this.participants), this.oneOf(this.participants)]);
    const createdAt = this.clock.now();
    const messages = [...senders].map((from) => ({ id: `2089${(this.inbounds += 1)}`, from, text: 'Hello', createdAt }));
    await deliver(this.oneOf(this.services), this.connected, inboundBody(...messages));
  }

  private async expire(): Promise<void> {
    await this.anyPart(Expiry).expireMessages();
    await this.anyPart(Expiry).closeWindows();
  }

  /** X refuses a send, for good or for a while, or does not say what became of it. */
  private disturb(): void {
    // After X has said stop, the message that tries whether it takes sends again may be refused for good.
    const kinds = this.oneOf([['status'], ['accept-then-500'], ['reset-before'], ['429'], ['429', 'status']] as const);
    kinds.forEach((kind) => fault(this.sandbox, { route: 'send', kind, ...(kind === 'status' ? { status: 403, code: 226 } : {}) }));
  }

  private anyPart<Part>(part: abstract new (...args: never[]) => Part): Part {
    return this.oneOf(this.services).app.get(part, { strict: false });
  }

  private oneOf<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)] as Item;
  }
}

/** Fractions that a seed repeats. */
export function seededFractions(seed: string): () => number {
  let count = 0;
  return () => createHash('sha256').update(`${seed}:${(count += 1)}`).digest().readUInt32BE() / 2 ** 32;
}
