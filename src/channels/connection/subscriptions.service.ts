import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Problem } from '../../kernel/problem.js';
import type { XLine, XSubscriptions } from '../../x-api/events-api.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { XCredentials } from '../../x-api/x-credentials.js';
import type { Channel } from '../channel.js';
import { ChannelEntity } from '../channel.entity.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import type { Finding } from '../health/channel-check.js';
import { toXProblem } from '../x-problem.js';
import { Webhooks } from './webhooks.service.js';
import { notSubscribed, subscriptionsUsedUp } from './webhook-problems.js';

/** X's sandbox tier of Account Activity: 15 subscriptions, and no delivery is repeated. */
const SANDBOX_TIER = 15;

/** Which accounts X tells our webhooks of. One list for all accounts of an environment where X gives it, one call for each that is missing in it. */
@Injectable()
export class Subscriptions {
  constructor(
    private readonly x: XApi,
    private readonly webhooks: Webhooks,
    private readonly directory: ChannelDirectory,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Null where X does not let the app list them, though it answers. @throws Problem when it does not answer, or its limit is used up */
  async list(channel: Channel, credentials: XCredentials, webhookId: string): Promise<XSubscriptions | null> {
    try {
      return await this.x.events(channel.eventsApi).listSubscriptions(credentials, lineOf(channel, webhookId)).catch(asProblem);
    } catch (error) {
      if (error instanceof Problem && error.code !== 'x.unavailable' && error.code !== 'x.rate-limited') {
        return null;
      }
      throw error;
    }
  }

  /** Of one account, where they cannot be listed. @throws Problem */
  async has(channel: Channel, credentials: XCredentials, webhookId: string): Promise<boolean> {
    return this.x.events(channel.eventsApi).isSubscribed(credentials, lineOf(channel, webhookId), channel.accountId).catch(asProblem);
  }

  /** A sentence on how many subscriptions the app has, and on what its tier means; empty where X does not say. Asked when a person asks. */
  async describeTier(channel: Channel, credentials: XCredentials): Promise<string> {
    const counts = await this.x.events(channel.eventsApi).countSubscriptions(credentials).catch(() => null);
    if (counts === null) {
      return '';
    }
    const used = ` The app uses ${counts.used} of ${counts.most} subscriptions.`;
    return counts.most <= SANDBOX_TIER ? `${used} X does not repeat deliveries in this tier (sandbox): what is missed is read back from X’s history.` : used;
  }

  /** Whether X tells of the account. `onBroken` is told before that is mended. */
  async stand(
    channel: Channel,
    credentials: XCredentials,
    webhookId: string,
    isListed: boolean,
    repair: { onBroken: (problem: Problem) => Promise<void> } | null,
  ): Promise<Finding> {
    if (isListed) {
      return { ok: true, detail: 'X tells the webhook what concerns this account.' };
    }
    if (repair === null) {
      return { ok: false, problem: notSubscribed() };
    }
    await repair.onBroken(notSubscribed());
    try {
      await this.x.events(channel.eventsApi).subscribe(credentials, lineOf(channel, webhookId), channel.accountId).catch(asProblem);
      return { ok: true, detail: 'X tells the webhook what concerns this account, since now.' };
    } catch (error) {
      if (!(error instanceof Problem)) {
        throw error;
      }
      return { ok: false, problem: error.code === 'channel.webhook-occupied' ? subscriptionsUsedUp(error) : error };
    }
  }

  /** Ends the account's subscription; fine when there is none, and with credentials that X refuses there is none. @throws Problem */
  async end(channel: Channel, credentials: XCredentials): Promise<void> {
    const events = this.x.events(channel.eventsApi);
    const webhookId = (await this.webhooks.find(channel.webhookKey))?.xWebhookId ?? '';
    if (webhookId === '' && !events.hasEnvironments) {
      return;
    }
    try {
      await events.unsubscribe(credentials, lineOf(channel, webhookId), channel.accountId);
    } catch (error) {
      const problem = toXProblem(error);
      if (!(problem instanceof Problem) || problem.code !== 'channel.credentials-rejected') {
        throw problem;
      }
    }
  }

  /** X's id of the app tells our own sends apart in X's echoes. */
  async noteAppId(channels: readonly Channel[], xAppId: string | null): Promise<void> {
    const unknowing = channels.filter((channel) => xAppId !== null && channel.xAppId !== xAppId);
    if (unknowing.length > 0) {
      await this.unitOfWork.run(async (manager) => {
        this.directory.noteChange();
        for (const { id } of unknowing) {
          await manager.update(ChannelEntity, { id }, { xAppId });
        }
      });
    }
  }
}

function lineOf({ environmentName }: Channel, webhookId: string): XLine {
  return { environmentName: environmentName ?? '', webhookId };
}

function asProblem(error: unknown): never {
  throw toXProblem(error);
}
