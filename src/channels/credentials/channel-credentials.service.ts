import { Injectable } from '@nestjs/common';
import { type EntityManager, In, Not } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { Timers } from '../../runtime/timers.service.js';
import { Sealing } from '../../runtime/sealing.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { AccessLevel, XAccount, XClientCredentials, XCredentials } from '../../x-api/x-credentials.js';
import { ChannelSecretEntity, type PreviousSecretName, type SecretName } from './channel-secret.entity.js';
import { PERMISSION_REMEDY, toXProblem } from '../x-problem.js';

const CREDENTIAL_NAMES = ['consumerKey', 'consumerSecret', 'accessToken', 'accessTokenSecret'] as const;
const CLIENT_CREDENTIAL_NAMES = ['clientId', 'clientSecret'] as const;
/** What X signs events with, and what it did before that was replaced. */
const PREVIOUS: Readonly<Record<SigningSecretName, PreviousSecretName>> = { consumerSecret: 'previousConsumerSecret', clientSecret: 'previousClientSecret' };

export type SigningSecretName = 'consumerSecret' | 'clientSecret';

/** The four, and what is to become of those for OAuth 2.0: left out they stay, null takes them away. */
export type GivenCredentials = XCredentials & { [Name in keyof XClientCredentials]?: string | null | undefined };

/** When each was last changed. */
export type SecretUpdates = Partial<Record<keyof XCredentials | keyof XClientCredentials, Instant>>;

/** The secrets that others of the same app have replaced. */
export type ReplacedSecrets = Partial<Record<SigningSecretName, string>>;

/** How long opened credentials are kept in memory; ones that another instance replaced are used no longer than this. */
const KEEP_MS = 100;

/** A channel's credentials: the four that it signs with are tried on X before they are kept. Sealed at rest, opened only to sign. */
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
   * Seals what changed, dated `now`. Joins the running unit of work. Answers the secrets that others of the same app have replaced: X
   * may sign with them for a while yet, so they stay good beside the new ones.
   */
  keep(channelId: string, given: GivenCredentials, now: Instant = this.clock.now()): Promise<ReplacedSecrets> {
    return this.unitOfWork.run(async (manager) => {
      this.unitOfWork.afterCommit(() => this.recent.clear());
      const rows = await manager.findBy(ChannelSecretEntity, { channelId });
      const before = new Map(rows.map((row) => [row.name, this.open(row)]));
      const isSameApp = before.get('consumerKey') === given.consumerKey;
      const wanted = (name: (typeof CLIENT_CREDENTIAL_NAMES)[number]): string | null | undefined => (given[name] === undefined ? (isSameApp ? before.get(name) : null) : given[name]);
      const replaced: ReplacedSecrets = {};
      const gone: SecretName[] = before.has('consumerKey') && !isSameApp ? Object.values(PREVIOUS) : [];
      for (const name of [...CREDENTIAL_NAMES, ...CLIENT_CREDENTIAL_NAMES]) {
        const [old, next] = [before.get(name), name === 'clientId' || name === 'clientSecret' ? wanted(name) : given[name]];
        if (next === undefined || old === next) {
          continue;
        }
        if (next === null) {
          gone.push(name, ...(name === 'clientSecret' ? [PREVIOUS[name]] : []));
          continue;
        }
        if (old !== undefined && isSameApp && (name === 'consumerSecret' || name === 'clientSecret')) {
          replaced[name] = old;
          await manager.upsert(ChannelSecretEntity, this.seal(channelId, PREVIOUS[name], old, now), ['channelId', 'name']);
        }
        await manager.upsert(ChannelSecretEntity, this.seal(channelId, name, next, now), ['channelId', 'name']);
      }
      await (gone.length === 0 ? undefined : manager.delete(ChannelSecretEntity, { channelId, name: In(gone) }));
      return replaced;
    });
  }

  /** Secrets of the app were replaced: another channel of the app that had the old ones gets the new ones. True when it did. */
  async follow(channelId: string, replaced: ReplacedSecrets, given: GivenCredentials): Promise<boolean> {
    const [rows, own] = await this.unitOfWork.run(async (manager) => [await manager.findBy(ChannelSecretEntity, { channelId }), await this.read(channelId, manager)] as const);
    const had = (name: SigningSecretName): boolean => rows.some((row) => row.name === name && this.open(row) === replaced[name]);
    const { consumerSecret } = had('consumerSecret') ? given : own;
    const clientSecret = had('clientSecret') ? given.clientSecret : undefined;
    return Object.keys(await this.keep(channelId, { ...own, consumerSecret, clientSecret })).length > 0;
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

  /** When each credential that a channel has was last changed, by channel; never what it is. */
  async listUpdates(channelIds: readonly string[], manager: EntityManager = this.reader.manager): Promise<Map<string, SecretUpdates>> {
    const rows = await manager.find(ChannelSecretEntity, {
      select: { channelId: true, name: true, updatedAt: true },
      where: { channelId: In([...channelIds]), name: Not(In(Object.values(PREVIOUS))) },
    });
    const updates = new Map<string, SecretUpdates>(channelIds.map((channelId) => [channelId, {}]));
    for (const { channelId, name, updatedAt } of rows) {
      Object.assign(updates.get(channelId) ?? {}, { [name]: updatedAt });
    }
    return updates;
  }

  /** Every secret that X may sign with: the current ones first, and of those the newest, which is X’s while an app’s channels are changed one by one. */
  async listSigningSecrets(): Promise<{ channelId: string; kind: SigningSecretName; secret: string }[]> {
    const names: SecretName[] = [...(Object.keys(PREVIOUS) as SigningSecretName[]), ...Object.values(PREVIOUS)];
    const rows = await this.reader.repository(ChannelSecretEntity).findBy({ name: In(names) });
    return rows
      .sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name) || b.updatedAt - a.updatedAt)
      .map((row) => ({ channelId: row.channelId, kind: row.name === 'clientSecret' || row.name === PREVIOUS.clientSecret ? 'clientSecret' : 'consumerSecret', secret: this.open(row) }));
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
