import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, toTimestamp } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { Randomness } from '../../runtime/randomness.service.js';
import { isPaymentRequired, XFailure } from '../../x-api/x-failure.js';
import type { Channel } from '../channel.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import { ChannelEntity } from '../channel.entity.js';
import { ChannelStates } from '../connection/channel-states.service.js';
import type { Finding } from '../health/channel-check.js';
import { lineProblemOf } from '../health/channel-check.js';
import { ChannelHealth } from '../health/channel-health.service.js';
import { creditsDepleted } from '../x-problem.js';
import { type CreditStop, type PaidCall, stopAfterRefusal, stopAfterVainProbe, stopDuringProbe } from './credit-stop.js';

/**
 * Channels of which X takes no paid calls (402), because the credits of the app's developer account are used up. Such a channel is
 * degraded and its sends wait; one message at a time tries, less and less often, and when X takes it the others follow.
 */
@Injectable()
export class ChannelCredits {
  constructor(
    private readonly states: ChannelStates,
    private readonly health: ChannelHealth,
    private readonly directory: ChannelDirectory,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  /** As it is now, in a unit of work. */
  async readIn(manager: EntityManager, channelId: string): Promise<CreditStop | null> {
    return (await manager.findOneBy(ChannelEntity, { id: channelId }))?.creditsStop ?? null;
  }

  /** X has refused a call with 402. The team is told once, however many are refused. Joins the running unit of work. */
  async noteRefusal(channelId: string, refused: { by: PaidCall; messageId: string | null }, failure: XFailure | null): Promise<CreditStop | null> {
    return this.unitOfWork.run(async (manager) => {
      const channel = await this.lock(manager, channelId);
      if (channel === null) {
        return null;
      }
      const stop = stopAfterRefusal(channel.creditsStop, refused, this.clock.now(), this.randomness.fraction());
      await this.write(manager, channelId, stop);
      if (channel.creditsStop === null) {
        const problem = creditsDepleted(failure);
        await this.health.note(channelId, new Map([['credits', { ok: false, problem } as const]]));
        await this.states.become(channelId, 'degraded', problem.explanation, ['connected', 'degraded']);
      }
      return stop;
    });
  }

  /** X has taken a call: there are credits again. Joins the running unit of work. */
  async noteTaken(channelId: string, taken: { by: PaidCall; messageId: string | null }): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      if ((await this.readIn(manager, channelId)) === null) {
        return;
      }
      const channel = await this.lock(manager, channelId);
      const stop = channel?.creditsStop ?? null;
      const isProof = stop !== null && (taken.messageId === null ? stop.by === taken.by : stop.probe === taken.messageId);
      if (channel === null || !isProof) {
        return;
      }
      await this.write(manager, channelId, null);
      const checks = await this.health.note(channelId, new Map([['credits', WELL]]));
      if (channel.connection === 'degraded') {
        // What else is wrong stays so until a look finds it mended.
        const other = lineProblemOf(checks ?? []);
        await this.states.become(channelId, other === null ? 'connected' : 'degraded', other, ['degraded']);
      }
    });
  }

  /** The same, and nobody else changes it until the unit of work ends. */
  async lockStop(manager: EntityManager, channelId: string): Promise<CreditStop | null> {
    return (await this.lock(manager, channelId))?.creditsStop ?? null;
  }

  /** This message is the one that tries, under the lock that `stop` came with. */
  async beginProbe(manager: EntityManager, channelId: string, stop: CreditStop, messageId: string): Promise<void> {
    await this.write(manager, channelId, stopDuringProbe(stop, messageId, this.clock.now()));
  }

  /** The message that tried has come to an end that says nothing of credits. Joins the running unit of work. */
  async endProbe(channelId: string, messageId: string, isAnswered: boolean): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const stop = (await this.readIn(manager, channelId)) === null ? null : await this.lockStop(manager, channelId);
      if (stop?.probe === messageId) {
        await this.write(manager, channelId, stopAfterVainProbe(stop, isAnswered, this.clock.now(), this.randomness.fraction()));
      }
    });
  }

  /** A person has done something about it: the next message tries at once. */
  async tryNow(channelId: string): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const stop = (await this.lock(manager, channelId))?.creditsStop ?? null;
      if (stop !== null && stop.probe === null) {
        await this.write(manager, channelId, { ...stop, retryAt: this.clock.now() });
      }
    });
  }

  /** Makes a call other than a send, and notes what it tells of the credits. @throws what the call throws */
  async noticing<T>(channel: Channel, by: PaidCall, call: () => Promise<T>): Promise<T> {
    try {
      const result = await call();
      if (channel.creditsStop?.by === by) {
        await this.noteTaken(channel.id, { by, messageId: null });
      }
      return result;
    } catch (error) {
      if (error instanceof XFailure && isPaymentRequired(error)) {
        await this.noteRefusal(channel.id, { by, messageId: null }, error);
      }
      throw error;
    }
  }

  /** How the channel's credits stand, as a check. */
  async check(channelId: string): Promise<Finding> {
    const [channel] = await this.directory.findByIds([channelId]);
    const stop = channel?.creditsStop ?? null;
    if (stop === null) {
      return WELL;
    }
    const { detail, extras } = creditsDepleted(null);
    return { ok: false, problem: new Problem('channel.credits-depleted', `${detail} So it has been since ${toTimestamp(stop.since)}.`, extras) };
  }

  private lock(manager: EntityManager, id: string): Promise<ChannelEntity | null> {
    return manager.findOne(ChannelEntity, { where: { id }, ...lockedForUpdate<ChannelEntity>(manager) });
  }

  private async write(manager: EntityManager, id: string, creditsStop: CreditStop | null): Promise<void> {
    this.directory.noteChange();
    await manager.update(ChannelEntity, { id }, { creditsStop });
  }
}

const WELL: Finding = { ok: true, detail: 'X has refused nothing for want of credits.' };
