import { Injectable } from '@nestjs/common';
import { InjectSecrets } from '../config/inject-settings.decorator.js';
import type { Secrets } from '../config/settings.js';
import { Reader } from '../database/reader.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, type Instant, toTimestamp } from '../kernel/clock.js';
import { decodeCursor, type Page, type PageRequest, toPage } from '../kernel/page.js';
import { Problem } from '../kernel/problem.js';
import { Ids } from '../runtime/ids.service.js';
import { Randomness } from '../runtime/randomness.service.js';
import { API_KEY_SECRET_BYTES, formatApiKey, hashApiKeySecret, isSameText, parseApiKey } from './api-key.js';
import { AuditLog } from './audit-log.service.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { type Caller, DEFAULT_TEAM } from './caller.js';
import { KeyUses } from './key-uses.service.js';
import { type Scope, SCOPES } from './scopes.js';

/** Of the key that the environment gives. */
const BOOTSTRAP_KEY_ID = 'bootstrap';

export interface NewApiKey {
  team: string;
  scopes: readonly Scope[];
  /** Null: all of the team's channels. */
  channelIds: readonly string[] | null;
  expiresAt: Instant | null;
}

/** API keys: made, found right or wrong, revoked. The secret part is answered once and stored hashed. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly randomness: Randomness,
    private readonly audit: AuditLog,
    private readonly uses: KeyUses,
    @InjectSecrets() private readonly secrets: Secrets,
  ) {}

  /** Whose key it is; null for one that is unknown, wrong, expired or revoked. */
  async authenticate(key: string): Promise<Caller | null> {
    const bootstrap = this.secrets.adminApiKey;
    if (bootstrap !== null && isSameText(key, bootstrap)) {
      return { keyId: BOOTSTRAP_KEY_ID, team: DEFAULT_TEAM, scopes: SCOPES, channelIds: null };
    }
    const parts = parseApiKey(key);
    const row = parts === null ? null : await this.reader.repository(ApiKeyEntity).findOneBy({ id: parts.id });
    if (parts === null || row === null || !this.isLive(row) || !this.hasSecret(row, parts.secret)) {
      return null;
    }
    this.uses.note(row.id);
    return { keyId: row.id, team: row.team, scopes: row.scopes, channelIds: row.channelIds };
  }

  /** For what goes on after the request that a key began. */
  async isUsable(keyId: string): Promise<boolean> {
    const row = keyId === BOOTSTRAP_KEY_ID ? null : await this.reader.repository(ApiKeyEntity).findOneBy({ id: keyId });
    return keyId === BOOTSTRAP_KEY_ID || (row !== null && this.isLive(row));
  }

  /** Makes a key. `key` is the only time that it is seen. @throws Problem `request.invalid` when it would have expired already */
  async create(wanted: NewApiKey): Promise<{ row: ApiKeyEntity; key: string }> {
    const now = this.clock.now();
    if (wanted.expiresAt !== null && wanted.expiresAt <= now) {
      throw new Problem('request.invalid', '/expiresAt: is in the past.', {
        errors: [{ pointer: '/expiresAt', code: 'in-the-past', detail: `Must be later than now, ${toTimestamp(now)}.` }],
      });
    }
    const secret = this.randomness.bytes(API_KEY_SECRET_BYTES);
    const pepper = this.secrets.encryptionKeys.current;
    const row = Object.assign(new ApiKeyEntity(), {
      id: this.ids.create('key'),
      team: wanted.team,
      secretHash: hashApiKeySecret(secret.toString('hex'), pepper.key),
      pepperId: pepper.id,
      scopes: [...wanted.scopes],
      channelIds: wanted.channelIds === null ? null : [...wanted.channelIds],
      lastUsedAt: null,
      createdAt: now,
      expiresAt: wanted.expiresAt,
      revokedAt: null,
    });
    await this.unitOfWork.run(async (manager) => {
      await manager.insert(ApiKeyEntity, row);
      await this.audit.note('api-key.created', row.id, ['team', 'scopes', ...(wanted.channelIds === null ? [] : ['channelIds']), ...(wanted.expiresAt === null ? [] : ['expiresAt'])]);
    });
    return { row, key: formatApiKey(row.id, secret) };
  }

  async list(request: PageRequest): Promise<Page<ApiKeyEntity>> {
    const query = this.reader.repository(ApiKeyEntity).createQueryBuilder('key').orderBy('key.id', 'DESC').take(request.limit + 1);
    if (request.cursor !== undefined) {
      query.where('key.id < :after', { after: decodeCursor('key', request.cursor) });
    }
    return toPage(await query.getMany(), request);
  }

  /** Effective on the next request. @throws Problem `access.key-not-found` */
  async revoke(id: string): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const row = await manager.findOneBy(ApiKeyEntity, { id });
      if (row === null || row.revokedAt !== null) {
        throw new Problem('access.key-not-found', 'There is no key with this id, or it was revoked before.');
      }
      await manager.update(ApiKeyEntity, { id }, { revokedAt: this.clock.now() });
      await this.audit.note('api-key.revoked', id);
    });
  }

  /** True until the first key was made. */
  async isEmpty(): Promise<boolean> {
    return (await this.reader.repository(ApiKeyEntity).count()) === 0;
  }

  private isLive(row: ApiKeyEntity): boolean {
    return row.revokedAt === null && (row.expiresAt === null || this.clock.now() < row.expiresAt);
  }

  private hasSecret(row: ApiKeyEntity, secret: string): boolean {
    const { current, previous } = this.secrets.encryptionKeys;
    const pepper = [current, ...previous].find((key) => key.id === row.pepperId);
    return pepper !== undefined && isSameText(hashApiKeySecret(secret, pepper.key), row.secretHash);
  }
}
