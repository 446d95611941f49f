import { Injectable } from '@nestjs/common';
import { type EntityManager, type FindOptionsWhere, LessThan, LessThanOrEqual, MoreThanOrEqual } from 'typeorm';
import type { Channel } from '../channels/channel.js';
import { ChannelCredentials } from '../channels/credentials/channel-credentials.service.js';
import { ChannelCredits } from '../channels/credits/channel-credits.service.js';
import { assertNotRevoked } from '../channels/channel-refused.js';
import { toXProblem } from '../channels/x-problem.js';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Reader } from '../database/reader.service.js';
import { deleteInBatches } from '../database/batched-delete.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { Problem } from '../kernel/problem.js';
import { UsageLog } from '../usage/usage-log.service.js';
import { XApi } from '../x-api/x-api.service.js';
import { XFailure } from '../x-api/x-failure.js';
import type { StartPermission } from './send-decision.js';
import { StartPermissionEntity } from './start-permission.entity.js';

const NO_SUCH_USER = [17, 34, 50, 108];

/**
 * Whether a channel may write to somebody who never wrote to it. X's word is asked for and kept for
 * `ratePolicy.startPermissionKeepMs`; what X tells later, by an event or with its answer to a send, replaces it.
 */
@Injectable()
export class StartPermissions {
  private readonly asking = new Map<string, Promise<void>>();

  constructor(
    private readonly x: XApi,
    private readonly credentials: ChannelCredentials,
    private readonly credits: ChannelCredits,
    private readonly usage: UsageLog,
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    @InjectSettings('ratePolicy') private readonly settings: Settings['ratePolicy'],
  ) {}

  /** What is known; `ask` when X has to be asked. */
  async find(manager: EntityManager, channel: Pick<Channel, 'id'>, participantId: string): Promise<StartPermission> {
    const since = this.clock.now() - this.settings.startPermissionKeepMs + 1;
    const known = await manager.findOneBy(StartPermissionEntity, { channelId: channel.id, participantId, saidAt: MoreThanOrEqual(since) });
    return known?.permission ?? 'ask';
  }

  /**
   * Asks X and keeps its word; of several that ask at once about one participant, one calls X.
   * @throws Problem `x.unavailable` when X does not say: it is not guessed; `message.participant-not-found`, or what X says of the channel
   */
  async ask(channel: Channel, participantId: string): Promise<void> {
    const key = `${channel.id} ${participantId}`;
    const asking = this.asking.get(key) ?? this.askX(channel, participantId).finally(() => this.asking.delete(key));
    this.asking.set(key, asking);
    return asking;
  }

  /** X has told it, by an event or with its answer to a send. Late and repeated news change nothing. */
  async learn(channelId: string, participantId: string, permission: StartPermission, toldAt: Instant): Promise<void> {
    await this.keep({ channelId, participantId, permission, saidAt: Math.min(toldAt, this.clock.now()) }, (saidAt) => [{ saidAt: LessThanOrEqual(saidAt) }]);
  }

  /** Removes what has not held for long. Returns how many. */
  async forgetOld(): Promise<number> {
    const until = this.clock.now() - this.settings.startPermissionKeepMs;
    return deleteInBatches(this.unitOfWork, StartPermissionEntity, { saidAt: LessThan(until) });
  }

  private async askX(channel: Channel, participantId: string): Promise<void> {
    // Somebody else's question may have been answered since the caller looked.
    if ((await this.find(this.reader.manager, channel, participantId)) !== 'ask') {
      return;
    }
    assertNotRevoked(channel);
    // What X tells while it is being asked is newer than its answer.
    const askedAt = this.clock.now();
    const credentials = await this.credentials.get(channel.id);
    const relationship = await this.credits.noticing(channel, 'people', () => this.x.relationships.find(credentials, channel.accountId, participantId)).catch((error: unknown) => {
      throw toProblem(error);
    });
    const said = { channelId: channel.id, participantId, permission: relationship.canStart ? ('allowed' as const) : ('not-allowed' as const), saidAt: askedAt };
    await this.unitOfWork.run(async () => {
      await this.usage.note({ channelId: channel.id, api: relationship.api, kind: 'person-read', count: 1 });
      await this.keep(said, (saidAt) => [{ saidAt: LessThan(saidAt) }, { saidAt, permission: 'ask' as const }]);
    });
  }

  /** Joins the running unit of work. */
  async forget(manager: EntityManager, channelId: string, participantId: string): Promise<void> {
    await manager.delete(StartPermissionEntity, { channelId, participantId });
  }

  /** Inserted unless something is known, then put in place of what `isOlder` describes: right for two at once as well. */
  private async keep(said: StartPermissionEntity, isOlder: (saidAt: Instant) => FindOptionsWhere<StartPermissionEntity>[]): Promise<void> {
    const { channelId, participantId, saidAt } = said;
    await this.unitOfWork.run(async (manager) => {
      await manager.createQueryBuilder().insert().into(StartPermissionEntity).values(said).orIgnore().updateEntity(false).execute();
      for (const older of isOlder(saidAt)) {
        await manager.update(StartPermissionEntity, { channelId, participantId, ...older }, { permission: said.permission, saidAt });
      }
    });
  }
}

function toProblem(error: unknown): unknown {
  if (!(error instanceof XFailure)) {
    return error;
  }
  if (error.hasCode(...NO_SUCH_USER)) {
    return new Problem('message.participant-not-found', 'X has no user with this id.', {
      errors: [{ pointer: '/to/number', code: 'message.participant-not-found', detail: 'X has no user with this id.' }],
      x: error.answer,
    });
  }
  const problem = toXProblem(error);
  // Whether X did not answer or does not want to be asked now, the caller is told the same: nobody knows, so nothing is sent.
  return problem instanceof Problem && problem.code === 'x.rate-limited'
    ? new Problem('x.unavailable', 'X does not say now whether the participant may be written to first: its limit for that question is used up.', { x: error.answer, retryAfterMs: problem.extras.retryAfterMs ?? 0, cause: error })
    : problem;
}
