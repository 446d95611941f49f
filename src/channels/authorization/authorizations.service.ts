import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../access/audit-log.service.js';
import { assertMakesChannels, type Viewer } from '../../access/caller.js';
import { visibleTo } from '../../access/visible.service.js';
import { IsNull, LessThan, MoreThan } from 'typeorm';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Reader } from '../../database/reader.service.js';
import { deleteInBatches } from '../../database/batched-delete.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, toTimestamp } from '../../kernel/clock.js';
import { DAY_MS } from '../../kernel/duration.js';
import { Problem } from '../../kernel/problem.js';
import { Ids } from '../../runtime/ids.service.js';
import { Sealing } from '../../runtime/sealing.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import { publicUrlMissing } from '../connection/webhook-problems.js';
import { ChannelCredentials } from '../credentials/channel-credentials.service.js';
import { Channels } from '../channels.service.js';
import { toXProblem } from '../x-problem.js';
import { AUTHORIZATION_MS, type AuthorizationFailure, type AuthorizationOutcome, CALLBACK_PATH, hashOf, statusOf } from './authorization.js';
import type { AuthorizationDto, CreateAuthorization } from './authorization.dto.js';
import { AuthorizationEntity } from './authorization.entity.js';

/** What waits, sealed, for the person's answer. */
export interface PendingAuthorization {
  consumerKey: string;
  consumerSecret: string;
  token: string;
  secret: string;
  wanted: CreateAuthorization;
}

/** Sign-ins at X as they are begun, kept and answered. What follows from an answer is `SignIns`' business. */
@Injectable()
export class Authorizations {
  constructor(
    private readonly audit: AuditLog,
    private readonly x: XApi,
    private readonly channels: Channels,
    private readonly credentials: ChannelCredentials,
    private readonly sealing: Sealing,
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @InjectSettings('server') private readonly server: Settings['server'],
  ) {}

  /** Asks X to let a person sign in. @throws Problem `channel.callback-url-rejected`, `channel.credentials-rejected`, `channel.not-found`, … */
  async prepare(viewer: Viewer, wanted: CreateAuthorization): Promise<PendingAuthorization> {
    if (wanted.channelId === undefined) {
      assertMakesChannels(viewer);
    }
    if (this.server.publicUrl === null) {
      throw publicUrlMissing();
    }
    const { consumerKey, consumerSecret } = await this.appOf(viewer, wanted);
    // X wants the very address that stands in the app's settings, so nothing is added to it: the request token, which X draws, is what
    // binds its answer to this sign-in.
    const requestToken = await this.x.signIn.begin({ consumerKey, consumerSecret }, `${this.server.publicUrl}${CALLBACK_PATH}`).catch((error: unknown) => {
      throw toXProblem(error);
    });
    return { consumerKey, consumerSecret, ...requestToken, wanted };
  }

  /** In the unit of work of the answer that tells where to sign in. */
  async begin(team: string, pending: PendingAuthorization): Promise<AuthorizationDto> {
    const id = this.ids.create('aut');
    const createdAt = this.clock.now();
    const row = Object.assign(new AuthorizationEntity(), {
      id,
      team,
      tokenHash: hashOf(pending.token),
      ...this.sealing.seal(JSON.stringify(pending), contextOf(id)),
      outcome: null,
      channelId: pending.wanted.channelId ?? null,
      failure: null,
      createdAt,
      expiresAt: createdAt + AUTHORIZATION_MS,
      usedAt: null,
    });
    await this.unitOfWork.run(async (manager) => {
      await manager.insert(AuthorizationEntity, row);
      await this.audit.note('authorization.begun', id);
    });
    return { ...this.toDto(row), authorizeUrl: this.x.signIn.addressFor(pending.token) };
  }

  /** @throws Problem `authorization.not-found` */
  async get(viewer: Viewer, id: string): Promise<AuthorizationDto> {
    const row = await this.reader.repository(AuthorizationEntity).findOneBy({ id, ...visibleTo(viewer) });
    if (row === null) {
      throw new Problem('authorization.not-found', 'No authorization has this id.');
    }
    return this.toDto(row);
  }

  /** Takes X's answer to a sign-in, once: null when the token is unknown, used or too old. */
  async take(token: string): Promise<{ id: string; team: string; pending: PendingAuthorization } | null> {
    const tokenHash = hashOf(token);
    const row = await this.unitOfWork.run(async (manager) => {
      const now = this.clock.now();
      const taken = await manager.update(AuthorizationEntity, { tokenHash, usedAt: IsNull(), expiresAt: MoreThan(now) }, { usedAt: now });
      return taken.affected === 1 ? manager.findOneByOrFail(AuthorizationEntity, { tokenHash }) : null;
    });
    return row === null ? null : { id: row.id, team: row.team, pending: JSON.parse(this.sealing.open(row, contextOf(row.id))) as PendingAuthorization };
  }

  /** What became of it. The credentials that waited are gone with it. */
  async end(id: string, outcome: AuthorizationOutcome, channelId: string | null, failure: AuthorizationFailure | null): Promise<void> {
    const gone = this.sealing.seal('', contextOf(id));
    await this.unitOfWork.run((manager) => manager.update(AuthorizationEntity, { id }, { outcome, failure, ...(channelId === null ? {} : { channelId }), ...gone }));
  }

  /** Removes those that ended a day ago. Returns how many. */
  async forgetOld(): Promise<number> {
    return deleteInBatches(this.unitOfWork, AuthorizationEntity, { expiresAt: LessThan(this.clock.now() - DAY_MS) });
  }

  private async appOf(viewer: Viewer, { channelId, consumerKey = '', consumerSecret = '' }: CreateAuthorization): Promise<{ consumerKey: string; consumerSecret: string }> {
    return channelId === undefined ? { consumerKey, consumerSecret } : this.credentials.get((await this.channels.getChangeable(viewer, channelId)).id);
  }

  private toDto(row: AuthorizationEntity): AuthorizationDto {
    return {
      id: row.id,
      status: statusOf(row, this.clock.now()),
      authorizeUrl: null,
      channelId: row.channelId,
      failure: row.failure,
      createdAt: toTimestamp(row.createdAt),
      expiresAt: toTimestamp(row.expiresAt),
    };
  }
}

/** What is sealed opens in this row and column only. */
function contextOf(id: string): string {
  return `authorizations|${id}|sealed`;
}
