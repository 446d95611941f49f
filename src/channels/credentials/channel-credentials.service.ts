import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { Timers } from '../../runtime/timers.service.js';
import { Sealing } from '../../runtime/sealing.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { XAccount, XCredentials } from '../../x-api/x-credentials.js';
import { ChannelSecretEntity, type SecretName } from './channel-secret.entity.js';
import { toXProblem } from '../x-problem.js';

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
    const account = await this.x.accounts.verifyCredentials(credentials).catch((error: unknown) => {
      throw toXProblem(error);
    });
    // A level that X does not tell is left for the first send to find out.
    if (account.accessLevel === 'read' || account.accessLevel === 'read-write') {
      throw new Problem(
        'channel.direct-messages-not-permitted',
        `The access token’s level is “${account.accessLevel}”: set the app’s permissions to “Read, write and Direct Messages”, then generate the access token anew.`,
      );
    }
    return account;
  }

  /** Seals what changed, dated `now`. Joins the running unit of work. */
  async keep(channelId: string, credentials: XCredentials, now: Instant = this.clock.now()): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      this.unitOfWork.afterCommit(() => this.recent.clear());
      const before = await manager.findBy(ChannelSecretEntity, { channelId });
      for (const name of CREDENTIAL_NAMES) {
        const old = before.find((row) => row.name === name);
        if (old !== undefined && this.open(old) === credentials[name]) {
          continue;
        }
        if (old !== undefined && name === 'consumerSecret') {
          await manager.upsert(ChannelSecretEntity, this.seal(channelId, 'previousConsumerSecret', this.open(old), now), ['channelId', 'name']);
        }
        await manager.upsert(ChannelSecretEntity, this.seal(channelId, name, credentials[name], now), ['channelId', 'name']);
      }
    });
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

  private async read(channelId: string): Promise<XCredentials> {
    const rows = await this.reader.repository(ChannelSecretEntity).findBy({ channelId });
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
  async listUpdates(channelIds: readonly string[]): Promise<Map<string, Record<keyof XCredentials, Instant>>> {
    const rows = await this.reader.repository(ChannelSecretEntity).find({
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
