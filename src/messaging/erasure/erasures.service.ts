import { Injectable } from '@nestjs/common';
import { type EntityManager, In, LessThan } from 'typeorm';
import { InjectSecrets } from '../../config/inject-settings.decorator.js';
import type { Secrets } from '../../config/settings.js';
import { deleteInBatches } from '../../database/batched-delete.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { DAY_MS } from '../../kernel/duration.js';
import { keyedDigest } from '../../runtime/keyed-digest.js';
import { ErasureEntity } from './erasure.entity.js';

/** X keeps messages for 30 days and may tell of one until then. */
const KEPT_MS = 31 * DAY_MS;

/** Who was erased, and when. */
@Injectable()
export class Erasures {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    @InjectSecrets() private readonly secrets: Secrets,
  ) {}

  async note(manager: EntityManager, channelId: string, participantId: string): Promise<void> {
    const { id: pepperId, key } = this.secrets.encryptionKeys.current;
    const participantHash = hashParticipant(channelId, participantId, key);
    await manager.delete(ErasureEntity, { channelId, participantHash });
    await manager.insert(ErasureEntity, { channelId, participantHash, pepperId, erasedAt: this.clock.now() });
  }

  /** Of what X dates so, that which was erased since. */
  async findErased<Told extends { channelId: string; participantId: string; at: Instant }>(manager: EntityManager, all: readonly Told[]): Promise<Set<Told>> {
    if (all.length === 0) {
      return new Set();
    }
    const { current, previous } = this.secrets.encryptionKeys;
    const hashesOf = ({ channelId, participantId }: Told): string[] => [current, ...previous].map(({ key }) => hashParticipant(channelId, participantId, key));
    const hashes = new Map(all.map((told) => [told, hashesOf(told)]));
    // The channel is in the digest.
    const found = await manager.findBy(ErasureEntity, { participantHash: In([...hashes.values()].flat()) });
    return new Set(all.filter((told) => found.some(({ participantHash, erasedAt }) => told.at <= erasedAt && hashes.get(told)?.includes(participantHash))));
  }

  /** Returns how many. */
  async forgetOld(): Promise<number> {
    return deleteInBatches(this.unitOfWork, ErasureEntity, { erasedAt: LessThan(this.clock.now() - KEPT_MS) });
  }
}

/** X user ids are few enough to try them all, so the digest has a key. */
function hashParticipant(channelId: string, participantId: string, encryptionKey: Buffer): string {
  return keyedDigest('erased-participant-pepper', encryptionKey, `${channelId} ${participantId}`);
}
