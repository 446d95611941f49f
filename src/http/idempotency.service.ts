import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LessThan, Like } from 'typeorm';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { deleteInBatches } from '../database/batched-delete.service.js';
import { isUniqueViolation } from '../database/constraint-violation.service.js';
import { Reader } from '../database/reader.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { Problem } from '../kernel/problem.js';
import { Sealing } from '../runtime/sealing.service.js';
import { type Answer, canonicalJson, writeAnswer, type WrittenAnswer } from './answer.js';
import { IDEMPOTENCY_KEY_PATTERN } from './idempotency-key.js';
import { IdempotencyKeyEntity } from './idempotency-key.entity.js';

export interface IdempotentRequest {
  /** Whose keys these are: a team, or a team and one limited key of it. */
  team: string;
  /** The caller's `Idempotency-Key`; without one the request is simply carried out. */
  key: string | undefined;
  method: string;
  path: string;
  body: unknown;
}

/** Keeps the answer of the request with its key, in the running unit of work; keeps nothing where there is no key. */
export type KeepAnswer = (answer: Answer) => Promise<WrittenAnswer>;


/**
 * Carries a creating request out once, however often it is sent with the same key.
 *
 * `absent → running` (committed, with a lease) `→ answered` (in the transaction of what the request made).
 * A request that fails made nothing: its key is forgotten, and the next try runs anew.
 */
@Injectable()
export class Idempotency {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
    private readonly clock: Clock,
    private readonly sealing: Sealing,
    @InjectSettings('idempotency') private readonly settings: Settings['idempotency'],
  ) {}

  /**
   * `effect` makes something and calls `keep` with its answer in the unit of work that makes it, so that both are on disk together.
   * @throws Problem `request.idempotency-key-…` when the key is misshapen, running, or was used for another request
   */
  async carryOut(request: IdempotentRequest, effect: (keep: KeepAnswer) => Promise<WrittenAnswer>): Promise<WrittenAnswer> {
    const { key } = request;
    if (key === undefined) {
      return effect(async (answer) => writeAnswer(answer));
    }
    if (!IDEMPOTENCY_KEY_PATTERN.test(key)) {
      throw new Problem('request.idempotency-key-invalid', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
    }
    const claim = await this.claim({ ...request, key });
    if (typeof claim !== 'number') {
      return claim;
    }
    try {
      return await effect(async (answer) => {
        const written = writeAnswer(answer);
        await this.keep(request.team, key, claim, written);
        return written;
      });
    } catch (error) {
      await this.forget(request.team, key, claim);
      throw error;
    }
  }

  /** Forgets the answers that led to things that were erased, by where these were (`Location`). The same request again is a new one. */
  async forgetAnswers(team: string, locations: readonly string[]): Promise<void> {
    if (locations.length === 0) {
      return;
    }
    const erased = new Set(locations);
    await this.unitOfWork.run(async (manager) => {
      const kept = await manager.find(IdempotencyKeyEntity, { select: { team: true, key: true, headers: true }, where: [{ team, state: 'answered' }, { team: Like(`${team} %`), state: 'answered' }] });
      for (const answer of kept.filter(({ headers }) => erased.has(headers?.['location'] ?? ''))) {
        await manager.delete(IdempotencyKeyEntity, { team: answer.team, key: answer.key });
      }
    });
  }

  /** Forgets answers that were kept long enough. Returns how many. */
  async forgetExpired(): Promise<number> {
    return deleteInBatches(this.unitOfWork, IdempotencyKeyEntity, { expiresAt: LessThan(this.clock.now()) });
  }

  /** Either the end of the lease with which the key is ours now, or the answer of the first request. */
  private async claim(request: IdempotentRequest & { key: string }): Promise<WrittenAnswer | Instant> {
    const { team, key } = request;
    const fingerprint = fingerprintOf(request);
    const earlier = await this.reader.repository(IdempotencyKeyEntity).findOneBy({ team, key });
    if (earlier === null) {
      return this.insertClaim(team, key, fingerprint);
    }
    const now = this.clock.now();
    if (earlier.expiresAt <= now || (earlier.state === 'running' && earlier.leaseUntil <= now)) {
      await this.unitOfWork.run((manager) =>
        manager.delete(IdempotencyKeyEntity, { team, key, state: earlier.state, leaseUntil: earlier.leaseUntil }),
      );
      return this.insertClaim(team, key, fingerprint);
    }
    if (earlier.fingerprint !== fingerprint) {
      throw new Problem(
        'request.idempotency-key-reused',
        'This Idempotency-Key came before with another method, address or body. Use a new key for a new request.',
      );
    }
    if (earlier.state === 'running') {
      throw inUse();
    }
    return this.toAnswer(earlier);
  }

  private async insertClaim(team: string, key: string, fingerprint: string): Promise<Instant> {
    const now = this.clock.now();
    const leaseUntil = now + this.settings.runningLeaseMs;
    const row: Partial<IdempotencyKeyEntity> = {
      team,
      key,
      fingerprint,
      state: 'running',
      leaseUntil,
      createdAt: now,
      expiresAt: now + this.settings.keepMs,
    };
    try {
      await this.unitOfWork.run((manager) => manager.insert(IdempotencyKeyEntity, row));
      return leaseUntil;
    } catch (error) {
      throw isUniqueViolation(error) ? inUse() : error;
    }
  }

  private async keep(team: string, key: string, leaseUntil: Instant, answer: WrittenAnswer): Promise<void> {
    const { sealed, encryptionKeyId } = this.sealing.seal(answer.body, contextOf(team, key));
    const kept = await this.unitOfWork.run((manager) =>
      manager.update(
        IdempotencyKeyEntity,
        { team, key, state: 'running', leaseUntil },
        { state: 'answered', status: answer.status, headers: { ...answer.headers }, body: sealed, encryptionKeyId },
      ),
    );
    // We were slower than our lease and somebody else carries the request out: ours must not be there twice.
    if (kept.affected !== 1) {
      throw inUse();
    }
  }

  private async forget(team: string, key: string, leaseUntil: Instant): Promise<void> {
    await this.unitOfWork.run((manager) =>
      manager.delete(IdempotencyKeyEntity, { team, key, state: 'running', leaseUntil }),
    );
  }

  private toAnswer(row: IdempotencyKeyEntity): WrittenAnswer {
    const sealed = { sealed: row.body ?? '', encryptionKeyId: row.encryptionKeyId ?? '' };
    return {
      status: row.status ?? 200,
      headers: row.headers ?? {},
      body: this.sealing.open(sealed, contextOf(row.team, row.key)),
      isReplay: true,
    };
  }
}

function fingerprintOf(request: IdempotentRequest): string {
  return createHash('sha256').update(`${request.method} ${request.path}\n${canonicalJson(request.body ?? null)}`).digest('base64url');
}

function contextOf(team: string, key: string): string {
  return `idempotency_keys|${team}|${key}|body`;
}

function inUse(): Problem {
  return new Problem('request.idempotency-key-in-use', 'The first request with this key still runs. Ask again shortly.', {
    retryAfterMs: 1_000,
  });
}
