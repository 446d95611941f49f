import { Injectable } from '@nestjs/common';
import { AuditLog } from '../access/audit-log.service.js';
import type { Viewer } from '../access/caller.js';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { isUniqueViolation } from '../database/constraint-violation.service.js';
import { lockedForUpdate } from '../database/row-lock.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { Problem } from '../kernel/problem.js';
import { Ids } from '../runtime/ids.service.js';
import type { XAccount, XCredentials } from '../x-api/x-credentials.js';
import { type CreateChannel, isEnvironmentMissing, type PatchChannel } from './channel.dto.js';
import { type Channel, changePolicy } from './channel.js';
import { ChannelEntity } from './channel.entity.js';
import { ChannelConnection } from './connection/channel-connection.service.js';
import { ChannelCredentials } from './credentials/channel-credentials.service.js';
import { ChannelDirectory } from './channel-directory.service.js';
import { isToBeKeptAlive } from './channel-status.js';
import { ConsumerSecrets } from './credentials/consumer-secrets.service.js';
import { Webhooks } from './connection/webhooks.service.js';
import { ChannelHealth } from './health/channel-health.service.js';
import { Recoveries } from './recovery/recoveries.service.js';
import { formerLinesAfter } from './connection/former-line.js';
import { appFingerprintOf, webhookKeyOf } from './connection/webhook-address.js';

/** What a new channel is made of. */
export type NewChannel = CreateChannel & { team: string; isDeclaredInConfig: boolean };

/** Makes, changes and removes channels. Credentials are tried on X before anything is written. */
@Injectable()
export class Channels {
  constructor(
    private readonly audit: AuditLog,
    private readonly directory: ChannelDirectory,
    private readonly credentials: ChannelCredentials,
    private readonly connection: ChannelConnection,
    private readonly consumerSecrets: ConsumerSecrets,
    private readonly recoveries: Recoveries,
    private readonly health: ChannelHealth,
    private readonly webhooks: Webhooks,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @InjectSettings('ratePolicy') private readonly ratePolicy: Settings['ratePolicy'],
  ) {}

  /** To be called with the account that `ChannelCredentials.tryOnX` found. @throws Problem `channel.account-taken` */
  async create(wanted: NewChannel, account: XAccount): Promise<Channel> {
    const now = this.clock.now();
    const appFingerprint = appFingerprintOf(wanted.consumerKey);
    const environmentName = wanted.eventsApi === 'account-activity-premium' ? (wanted.environmentName ?? null) : null;
    const channel = Object.assign(new ChannelEntity(), {
      id: this.ids.create('chn'),
      team: wanted.team,
      name: wanted.name,
      accountId: account.id,
      accountUsername: account.username,
      accountName: account.name,
      appFingerprint,
      xAppId: null,
      webhookKey: webhookKeyOf(appFingerprint, wanted.eventsApi, environmentName),
      eventsApi: wanted.eventsApi,
      messagesApi: wanted.messagesApi,
      environmentName,
      formerLines: [],
      connection: 'pending',
      connectionDetail: null,
      creditsStop: null,
      isPaused: false,
      policy: changePolicy({ beyondAllotment: this.ratePolicy.beyondAllotment }, wanted.policy),
      isDeclaredInConfig: wanted.isDeclaredInConfig,
      createdAt: now,
      updatedAt: now,
    } satisfies ChannelEntity);
    await this.unitOfWork.run(async (manager) => {
      this.directory.noteChange();
      if (await manager.existsBy(ChannelEntity, { accountId: account.id })) {
        throw accountTaken(account);
      }
      await manager.insert(ChannelEntity, channel).catch((error: unknown) => {
        throw isUniqueViolation(error) ? accountTaken(account) : error;
      });
      await this.credentials.keep(channel.id, wanted, now);
      await this.recoveries.begin(channel.id, now);
      await this.health.begin(channel.id);
      await this.audit.note('channel.created', channel.id);
    });
    return channel;
  }

  /** @throws Problem `channel.not-found`, `channel.declared-in-config`, `channel.different-account`, or what X says of new credentials */
  async patch(viewer: Viewer, id: string, patch: PatchChannel): Promise<Channel> {
    const channel = await this.getChangeable(viewer, id);
    const credentials = hasCredentials(patch) ? { ...(await this.credentials.get(id)), ...pickCredentials(patch) } : null;
    if (credentials !== null) {
      await this.tryNewCredentials(channel, credentials);
    }
    const changed = await this.change(channel, {
      name: patch.name ?? channel.name,
      policy: changePolicy(channel.policy, patch.policy),
      isPaused: patch.paused ?? channel.isPaused,
      messagesApi: patch.messagesApi ?? channel.messagesApi,
      line: patch.eventsApi === undefined && patch.environmentName === undefined ? null : lineWanted(channel, patch),
      credentials,
    }, Object.keys(patch));
    await this.checkChanged(changed);
    return this.directory.get(viewer, id);
  }

  /** Ends the subscription at X, takes our webhook away when no other channel uses it, and forgets the channel and its secrets. */
  async remove(viewer: Viewer, id: string): Promise<void> {
    const channel = await this.getChangeable(viewer, id);
    await this.connection.remove(channel);
    await this.unitOfWork.run(async (manager) => {
      this.directory.noteChange();
      await this.credentials.forget(id);
      await this.recoveries.forget(id);
      await this.health.forget(id);
      await manager.delete(ChannelEntity, { id });
      await this.audit.note('channel.deleted', id);
    });
    await this.consumerSecrets.refresh();
  }

  /**
   * Writes a change of a channel; with another line or credentials of another app its webhook is another one. What it had before is ended, and
   * what X tells between the two is read back. Answers the channels to look at with `checkChanged`, this one first.
   */
  async change(
    channel: Channel,
    change: Pick<Channel, 'name' | 'policy' | 'isPaused' | 'messagesApi'> & { line: Pick<Channel, 'eventsApi' | 'environmentName'> | null; credentials: XCredentials | null },
    named: readonly string[] = [],
  ): Promise<string[]> {
    const { credentials, line, ...fields } = change;
    const toLookAt: string[] = [];
    await this.unitOfWork.run(async (manager) => {
      this.directory.noteChange();
      const newApp = credentials === null ? null : appFingerprintOf(credentials.consumerKey);
      // Whoever changes credentials of the same app waits: a secret of one of its channels may become that of all.
      const ofApp = newApp === null ? [] : await manager.find(ChannelEntity, { where: { appFingerprint: newApp }, order: { id: 'ASC' }, ...lockedForUpdate<ChannelEntity>(manager) });
      // As it is by now: another change of its line may have come between.
      const before = (await manager.findOne(ChannelEntity, { where: { id: channel.id }, ...lockedForUpdate<ChannelEntity>(manager) })) ?? channel;
      const moved = this.move(before, line ?? before, newApp ?? before.appFingerprint);
      const replaced = credentials === null ? null : await this.credentials.keep(channel.id, credentials);
      await manager.update(ChannelEntity, { id: channel.id }, { ...fields, ...moved, updatedAt: this.clock.now() });
      const isMoved = moved.webhookKey !== before.webhookKey;
      await (isMoved ? this.recoveries.noteGap([channel.id]) : undefined);
      await (named.length === 0 ? undefined : this.audit.note('channel.changed', channel.id, named));
      const followed = credentials === null || replaced === null ? [] : await this.rotateOthers(channel.id, ofApp, replaced, credentials.consumerSecret);
      const isLookedAt = isMoved || replaced !== null || (credentials !== null && (channel.connection === 'revoked' || isToBeKeptAlive(channel.connection)));
      toLookAt.push(...(isLookedAt ? [channel.id] : []), ...followed);
    });
    await this.consumerSecrets.refresh();
    return toLookAt;
  }

  /** The columns of a channel's line to X, with those that it had before. */
  private move(before: Channel, { eventsApi, environmentName }: Pick<Channel, 'eventsApi' | 'environmentName'>, appFingerprint: string) {
    const webhookKey = webhookKeyOf(appFingerprint, eventsApi, environmentName);
    const isSameApp = appFingerprint === before.appFingerprint;
    return {
      eventsApi,
      environmentName,
      appFingerprint,
      // Another app has another id at X; by the old one the echoes of our own sends would not be known as ours.
      xAppId: isSameApp ? before.xAppId : null,
      webhookKey,
      formerLines: formerLinesAfter(before, { eventsApi, environmentName, webhookKey }, isSameApp, this.clock.now()),
    };
  }

  /** Channels with new credentials show that X takes them for its webhook too. It calls back, so not before the service listens. */
  async checkChanged(channelIds: readonly string[]): Promise<void> {
    for (const [n, id] of channelIds.entries()) {
      await this.connection.repair(id, { isChallenged: n === 0 });
    }
  }

  /** The consumer secret is the app's. What X signed with the new one before we knew it was refused: it is read back. */
  private async rotateOthers(channelId: string, ofApp: readonly Channel[], replaced: string, consumerSecret: string): Promise<string[]> {
    const followed: string[] = [];
    for (const { id } of ofApp.filter((other) => other.id !== channelId)) {
      if (await this.credentials.follow(id, replaced, consumerSecret)) {
        followed.push(id);
      }
    }
    for (const webhookKey of new Set(ofApp.map((one) => one.webhookKey))) {
      await this.webhooks.noteNewSecret(webhookKey);
    }
    await this.recoveries.noteGap([channelId, ...followed]);
    return followed;
  }

  /** @throws Problem `channel.not-found`, `channel.declared-in-config` */
  async getChangeable(viewer: Viewer, id: string): Promise<Channel> {
    const channel = await this.directory.get(viewer, id);
    if (channel.isDeclaredInConfig) {
      throw new Problem('channel.declared-in-config', 'Change it in the YAML file that declares it, then restart the service.');
    }
    return channel;
  }

  private async tryNewCredentials(channel: Channel, credentials: XCredentials): Promise<void> {
    const account = await this.credentials.tryOnX(credentials);
    if (account.id !== channel.accountId) {
      throw new Problem(
        'channel.different-account',
        `The credentials are those of @${account.username} (${account.id}); this channel acts for @${channel.accountUsername} (${channel.accountId}).`,
      );
    }
  }
}

function accountTaken(account: XAccount): Problem {
  return new Problem('channel.account-taken', `The X account @${account.username} (${account.id}) is a channel already.`);
}

/** @throws Problem `channel.environment-missing` */
function lineWanted(channel: Channel, { eventsApi = channel.eventsApi, environmentName = channel.environmentName ?? undefined }: PatchChannel): Pick<Channel, 'eventsApi' | 'environmentName'> {
  if (isEnvironmentMissing({ eventsApi, environmentName })) {
    throw new Problem('channel.environment-missing', `Name the dev environment at X: ${eventsApi} needs its label.`, {
      errors: [{ pointer: '/environmentName', code: 'channel.environment-missing', detail: `Needed with ${eventsApi}.` }],
    });
  }
  return { eventsApi, environmentName: eventsApi === 'account-activity-premium' ? (environmentName ?? null) : null };
}

function pickCredentials(patch: PatchChannel): Partial<XCredentials> {
  const { consumerKey, consumerSecret, accessToken, accessTokenSecret } = patch;
  return Object.fromEntries(
    Object.entries({ consumerKey, consumerSecret, accessToken, accessTokenSecret }).filter(([, value]) => value !== undefined),
  );
}

function hasCredentials(patch: PatchChannel): boolean {
  return Object.keys(pickCredentials(patch)).length > 0;
}
