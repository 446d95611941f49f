import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { Timers } from '../../runtime/timers.service.js';
import { Sealing } from '../../runtime/sealing.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { AccessLevel, XAccount, XCredentials } from '../../x-api/x-credentials.js';
import { ChannelSecretEntity, type SecretName } from './channel-secret.entity.js';
import { PERMISSION_REMEDY, toXProblem } from '../x-problem.js';

const CREDENTIAL_NAMES = ['consumerKey', 'consumerSecret', 'accessToken', 'accessTokenSecret'] as const;
const CONSUMER_SECRET_NAMES: SecretName[] = ['consumerSecret', 'previousConsumerSecret'];

/** How long opened credentials are kept in memory; ones that another instance replaced are used no longer than this. */
const KEEP_MS = 100;

/** A channel's four credentials: tried on X before they are kept, sealed at rest, opened only to sign. */
@Injectable()
export class ChannelCredentials {
  /** Opened just now: a busy channel signs many requests a second. */
  private readonly recent = new Map<string, { readAt: number; opened: Promise<XCredentials> }>();

  constructor(
    private readonly x: XApi,
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly sealing: Sealing,
    private readonly clock: Clock,
    private readonly timers: Timers,
  ) {}

  /** Asks X whose credentials these are. @throws Problem when X refuses them, they do not permit direct messages, or X is away */
  async tryOnX(credentials: XCredentials): Promise<XAccount> {
    const account = await this.verify(credentials);
    const problem = this.permissionProblem(account.accessLevel);
    if (problem !== null) {
      throw problem;
    }
    return account;
  }

  /** Whose they are, whatever they permit. @throws Problem when X refuses them or is away */
  verify(credentials: XCredentials): Promise<XAccount> {
    return this.x.accounts.verifyCredentials(credentials).catch((error: unknown) => {
      throw toXProblem(error);
    });
  }

  /** Why tokens of this level are of no use; null when they are, or X does not tell: that is left for the first send to find out. */
  permissionProblem(level: AccessLevel): Problem | null {
    return level !== 'read' && level !== 'read-write'
      ? null
      : new Problem('channel.direct-messages-not-permitted', `The access token’s level is “${level}”.`, { remedy: PERMISSION_REMEDY });
  }

  /**
   * Seals what changed, dated `now`. Joins the running unit of work. Answers the consumer secret that another one of the same app has
   * replaced: X may sign with it for a while yet, so it stays good beside the new one.
   */
  keep(channelId: string, credentials: XCredentials, now: Instant = this.clock.now()): Promise<string | null> {
    return this.unitOfWork.run(async (manager) => {
      this.unitOfWork.afterCommit(() => this.recent.clear());
      const before = await manager.findBy(ChannelSecretEntity, { channelId });
      const keyBefore = before.find(({ name }) => name === 'consumerKey');
      const isSameApp = keyBefore !== undefined && this.open(keyBefore) === credentials.consumerKey;
      let replaced: string | null = null;
      for (const name of CREDENTIAL_NAMES) {
        const old = before.find((row) => row.name === name);
        if (old !== undefined && this.open(old) === credentials[name]) {
          continue;
        }
        if (old !== undefined && name === 'consumerSecret' && isSameApp) {
          replaced = this.open(old);
          await manager.upsert(ChannelSecretEntity, this.seal(channelId, 'previousConsumerSecret', replaced, now), ['channelId', 'name']);
        }
        await manager.upsert(ChannelSecretEntity, this.seal(channelId, name, credentials[name], now), ['channelId', 'name']);
      }
      if (keyBefore !== undefined && !isSameApp) {
        await manager.delete(ChannelSecretEntity, { channelId, name: 'previousConsumerSecret' });
      }
      return replaced;
    });
  }

  /** The app's consumer secret was replaced: another channel of the app that had the old one gets the new one. True when it did. */
  async follow(channelId: string, replaced: string, consumerSecret: string): Promise<boolean> {
    const credentials = await this.unitOfWork.run((manager) => this.read(channelId, manager));
    return credentials.consumerSecret === replaced && (await this.keep(channelId, { ...credentials, consumerSecret })) !== null;
  }

  /** @throws when the channel has none, or its keys are gone */
  get(channelId: string): Promise<XCredentials> {
    const now = this.timers.monotonicMs();
    const known = this.recent.get(channelId);
    if (known !== undefined && now - known.readAt < KEEP_MS) {
      return known.opened;
    }
    const opened = this.read(channelId);
    this.recent.set(channelId, { readAt: now, opened });
    opened.catch(() => this.recent.delete(channelId));
    return opened;
  }

  /** As they are now, and not as they were a moment ago. */
  getAfresh(channelId: string): Promise<XCredentials> {
    this.recent.delete(channelId);
    return this.get(channelId);
  }

  private async read(channelId: string, manager: EntityManager = this.reader.manager): Promise<XCredentials> {
    const rows = await manager.findBy(ChannelSecretEntity, { channelId });
    const open = (name: SecretName): string => {
      const row = rows.find((candidate) => candidate.name === name);
      if (row === undefined) {
        throw new Error(`Channel ${channelId} has no ${name}`);
      }
      return this.open(row);
    };
    return {
      consumerKey: open('consumerKey'),
      consumerSecret: open('consumerSecret'),
      accessToken: open('accessToken'),
      accessTokenSecret: open('accessTokenSecret'),
    };
  }

  /** When each credential was last changed, by channel; never what it is. */
  async listUpdates(channelIds: readonly string[], manager: EntityManager = this.reader.manager): Promise<Map<string, Record<keyof XCredentials, Instant>>> {
    const rows = await manager.find(ChannelSecretEntity, {
      select: { channelId: true, name: true, updatedAt: true },
      where: { channelId: In([...channelIds]) },
    });
    return new Map(
      channelIds.map((channelId) => {
        const updatedAt = (name: SecretName): Instant =>
          rows.find((row) => row.channelId === channelId && row.name === name)?.updatedAt ?? 0;
        return [
          channelId,
          {
            consumerKey: updatedAt('consumerKey'),
            consumerSecret: updatedAt('consumerSecret'),
            accessToken: updatedAt('accessToken'),
            accessTokenSecret: updatedAt('accessTokenSecret'),
          },
        ];
      }),
    );
  }

  /** Every consumer secret that X may sign with: the current ones first, and of those the newest, which is X’s while an app’s channels are changed one by one. */
  async listConsumerSecrets(): Promise<{ channelId: string; secret: string }[]> {
    const rows = await this.reader.repository(ChannelSecretEntity).findBy({ name: In(CONSUMER_SECRET_NAMES) });
    return rows
      .sort((a, b) => CONSUMER_SECRET_NAMES.indexOf(a.name) - CONSUMER_SECRET_NAMES.indexOf(b.name) || b.updatedAt - a.updatedAt)
      .map((row) => ({ channelId: row.channelId, secret: this.open(row) }));
  }

  async forget(channelId: string): Promise<void> {
    await this.unitOfWork.run((manager) => {
      this.unitOfWork.afterCommit(() => this.recent.clear());
      return manager.delete(ChannelSecretEntity, { channelId });
    });
  }

  private seal(channelId: string, name: SecretName, text: string, updatedAt: Instant): ChannelSecretEntity {
    const row = new ChannelSecretEntity();
    return Object.assign(row, { channelId, name, updatedAt, ...this.sealing.seal(text, contextOf(channelId, name)) });
  }

  private open(row: ChannelSecretEntity): string {
    return this.sealing.open(row, contextOf(row.channelId, row.name));
  }
}

/** A sealed secret opens in this row and column only. */
function contextOf(channelId: string, name: SecretName): string {
  return `channel_secrets|${channelId}|${name}|sealed`;
}
