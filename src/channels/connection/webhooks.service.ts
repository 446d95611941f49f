import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import type { ProblemCode } from '../../kernel/problem-code.js';
import type { SigningSecretName } from '../credentials/channel-credentials.service.js';
import { revalidateDelayMs } from './webhook-backoff.js';
import { WebhookEntity } from './webhook.entity.js';

const SEEN_AT = { consumerSecret: 'newSecretSeenAt', clientSecret: 'newClientSecretSeenAt' } as const;

/** What we know of our webhooks beside what X lists: which are ours, and how their challenges went. */
@Injectable()
export class Webhooks {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  find(webhookKey: string): Promise<WebhookEntity | null> {
    return this.reader.repository(WebhookEntity).findOneBy({ webhookKey });
  }

  /** X lists it, valid, under this id. */
  async noteValid(webhookKey: string, xWebhookId: string): Promise<void> {
    await this.change(webhookKey, () => ({ xWebhookId, failures: 0, revalidateAt: null, lastFailure: null }));
  }

  /** X has it under this id, and its challenge failed. */
  async noteFailure(webhookKey: string, xWebhookId: string | null, problem: Problem): Promise<void> {
    await this.change(webhookKey, ({ failures }) => ({
      xWebhookId,
      failures: failures + 1,
      revalidateAt: this.clock.now() + revalidateDelayMs(failures + 1),
      lastFailure: { code: problem.code, detail: problem.detail, remedy: problem.extras.remedy ?? null },
    }));
  }

  /** X has challenged it, and got its answer. */
  async noteChallenge(webhookKey: string): Promise<void> {
    await this.change(webhookKey, () => ({ lastCrcAt: this.clock.now() }));
  }

  /** X signs with the newest secret of this kind; the first time counts. */
  async noteNewSecretSeen(webhookKey: string, kind: SigningSecretName): Promise<void> {
    const column = SEEN_AT[kind];
    await this.change(webhookKey, (before) => ({ [column]: before[column] ?? this.clock.now() }));
  }

  /** Its secrets of these kinds were replaced: X is to be seen signing with the new ones. Joins the running unit of work. */
  async noteNewSecrets(webhookKey: string, kinds: readonly SigningSecretName[]): Promise<void> {
    await this.change(webhookKey, () => Object.fromEntries(kinds.map((kind) => [SEEN_AT[kind], null])));
  }

  private async change(webhookKey: string, change: (before: WebhookEntity) => Partial<WebhookEntity>): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      await insertUnlessThere(manager, webhookKey);
      await manager.update(WebhookEntity, { webhookKey }, change(await manager.findOneByOrFail(WebhookEntity, { webhookKey })));
    });
  }
}

/** The last failure as it was told then; null when there is none. */
export function lastFailureOf(webhook: WebhookEntity | null): Problem | null {
  const failure = webhook?.lastFailure ?? null;
  return failure === null ? null : new Problem(failure.code as ProblemCode, failure.detail, failure.remedy === null ? {} : { remedy: failure.remedy });
}

async function insertUnlessThere(manager: EntityManager, webhookKey: string): Promise<void> {
  const fresh = { webhookKey, xWebhookId: null, lastCrcAt: null, failures: 0, revalidateAt: null, lastFailure: null, newSecretSeenAt: null, newClientSecretSeenAt: null };
  await manager.createQueryBuilder().insert().into(WebhookEntity).values(fresh).orIgnore().updateEntity(false).execute();
}
