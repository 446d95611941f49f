import { Injectable } from '@nestjs/common';
import { SECOND_MS } from '../../kernel/duration.js';
import { Timers } from '../../runtime/timers.service.js';
import type { SigningSecretName } from '../credentials/channel-credentials.service.js';
import { Webhooks } from './webhooks.service.js';

/** Anybody can send challenges: they are noted this often at most. */
const NOTE_EVERY_MS = 10 * SECOND_MS;

/** What is seen of X at our webhooks beside its events. Noted aside: nobody waits for it, and with the database down it is not noted. */
@Injectable()
export class WebhookSightings {
  private readonly notedAt = new Map<string, number>();
  private readonly underWay = new Set<string>();

  constructor(
    private readonly webhooks: Webhooks,
    private readonly timers: Timers,
  ) {}

  /** X has challenged the webhook, and got its answer. */
  noteChallenge(webhookKey: string): void {
    this.note(`challenge ${webhookKey}`, () => this.webhooks.noteChallenge(webhookKey));
  }

  /** X signs with the newest of several secrets of a kind. */
  noteNewSecret(webhookKey: string, kind: SigningSecretName): void {
    this.note(`${kind} ${webhookKey}`, () => this.webhooks.noteNewSecretSeen(webhookKey, kind));
  }

  private note(what: string, write: () => Promise<void>): void {
    const now = this.timers.monotonicMs();
    if (this.underWay.has(what) || now - (this.notedAt.get(what) ?? -Infinity) < NOTE_EVERY_MS) {
      return;
    }
    this.underWay.add(what);
    write()
      .then(() => this.notedAt.set(what, now))
      .catch(() => undefined)
      .finally(() => this.underWay.delete(what));
  }
}
