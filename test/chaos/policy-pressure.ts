import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox } from '../../src/sandbox/sandbox-server.service.js';
import { NAJM } from '../e2e/cast.js';
import { fault } from '../e2e/service.js';
import { seededFractions } from '../integration/limit-storm.js';
import { callProcess } from './service-process.js';

const CLIENTS = 3;
const MESSAGES_PER_ROUND = 24;
const WRITERS_PER_ROUND = 3;
/** X's answers that matter to the counts: refused for good, refused for now, taken and denied, never got. */
const FAULTS = [['status'], ['status', 'status'], ['429'], ['accept-then-500'], ['reset-before'], ['accept-then-reset']] as const;

/** People who write to the brand, a team that sends to them, and an X that misbehaves. */
export class PolicyPressure {
  /** When each participant wrote, by X's clock. */
  readonly inbounds = new Map<string, number[]>();
  accepted = 0;
  private readonly random: () => number;
  private messages = 0;

  constructor(
    private readonly url: string,
    private readonly sandbox: Sandbox,
    private readonly participants: readonly string[],
    private readonly now: () => number,
    seed: string,
  ) {
    this.random = seededFractions(seed);
  }

  oneOf<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)] as Item;
  }

  /** One round's load; ends with the round's messages, or when nobody answers any more. */
  async press(): Promise<void> {
    this.oneOf(FAULTS).forEach((kind) => fault(this.sandbox, { route: 'send', kind, ...(kind === 'status' ? { status: 403, code: 226 } : {}) }));
    const writing = Array.from({ length: WRITERS_PER_ROUND }, () => this.write(this.oneOf(this.participants)));
    const last = this.messages + MESSAGES_PER_ROUND;
    await Promise.all([...writing, ...Array.from({ length: CLIENTS }, () => this.sendUntil(last))]);
  }

  /** X delivers it again and again while nobody answers, so it is not waited for here. */
  private async write(participant: string): Promise<void> {
    const { createdTimestamp } = await this.sandbox.conversations.write(participant, 'participant', { to: NAJM.id, text: 'Hello' });
    this.inbounds.set(participant, [...(this.inbounds.get(participant) ?? []), Number(createdTimestamp)]);
  }

  private async sendUntil(last: number): Promise<void> {
    while (this.messages < last) {
      this.messages += 1;
      const answer = await callProcess(`${this.url}/v1/messages`, { body: this.nextMessage() });
      if (answer === null) {
        return;
      }
      this.accepted += answer.status === 202 ? 1 : 0;
      await delay(this.random() * 40);
    }
  }

  private nextMessage(): Record<string, unknown> {
    return {
      from: NAJM.id,
      to: { number: this.oneOf(this.participants) },
      content: { type: 'text', text: `policy ${this.messages}` },
      ...(this.random() < 0.1 ? { validUntil: new Date(this.now() + 20 * 60_000).toISOString() } : {}),
      ...(this.random() < 0.1 ? { beyondAllotment: 'hold' } : {}),
    };
  }
}
