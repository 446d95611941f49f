import { Injectable } from '@nestjs/common';
import { Between } from 'typeorm';
import { Reader } from '../database/reader.service.js';
import { lockedForUpdate } from '../database/row-lock.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock } from '../kernel/clock.js';
import { decodeCursor, type Page, type PageRequest, toPage } from '../kernel/page.js';
import { Ids } from '../runtime/ids.service.js';
import { RequestContexts } from '../runtime/request-context.service.js';
import { FIRST_HASH, findBreak, hashEntry } from './audit-entry.js';
import { AuditEntryEntity } from './audit-entry.entity.js';
import { AuditHeadEntity } from './audit-head.entity.js';

/** Entries whose hashes are looked at with one read. */
const BATCH = 500;

/** Who changed what, in a chain that shows when somebody has changed it. */
@Injectable()
export class AuditLog {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly contexts: RequestContexts,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** In the unit of work of the change, so that neither is there without the other. `fields` are names, never values. */
  async note(action: string, target: string, fields: readonly string[] = []): Promise<void> {
    const context = this.contexts.current();
    await this.unitOfWork.run(async (manager) => {
      const head = await manager.findOneOrFail(AuditHeadEntity, { where: { id: 'head' }, ...lockedForUpdate<AuditHeadEntity>(manager) });
      const entry = {
        id: this.ids.create('aud'),
        seq: head.seq + 1,
        at: this.clock.now(),
        keyId: context?.actor?.keyId ?? 'service',
        team: context?.actor?.team ?? null,
        action,
        target,
        fields: [...fields].sort(),
        requestId: context?.requestId ?? null,
        address: context?.address ?? null,
        previousHash: head.hash,
      };
      const hash = hashEntry(entry);
      await manager.insert(AuditEntryEntity, { ...entry, hash });
      await manager.update(AuditHeadEntity, { id: head.id }, { seq: entry.seq, hash });
    });
  }

  /** Of all teams, newest first. */
  async list(filter: { team?: string | undefined; action?: string | undefined }, request: PageRequest): Promise<Page<AuditEntryEntity>> {
    const query = this.reader.repository(AuditEntryEntity).createQueryBuilder('entry').orderBy('entry.id', 'DESC').take(request.limit + 1);
    for (const [name, value] of Object.entries(filter)) {
      if (value !== undefined) {
        query.andWhere(`entry.${name} = :${name}`, { [name]: value });
      }
    }
    if (request.cursor !== undefined) {
      query.andWhere('entry.id < :after', { after: decodeCursor('aud', request.cursor) });
    }
    return toPage(await query.getMany(), request);
  }

  /** Whether every entry, up to the last at the moment of asking, is as it was written; `brokenAt` is the number of the first that is not, or is missing. */
  async verify(): Promise<{ entries: number; brokenAt: number | null }> {
    const head = await this.reader.repository(AuditHeadEntity).findOneByOrFail({ id: 'head' });
    let last = { seq: 0, hash: FIRST_HASH };
    while (last.seq < head.seq) {
      const entries = await this.reader.repository(AuditEntryEntity).find({ where: { seq: Between(last.seq + 1, Math.min(last.seq + BATCH, head.seq)) }, order: { seq: 'ASC' } });
      const brokenAt = findBreak(entries, last);
      const end = entries.at(-1);
      if (brokenAt !== null || end === undefined) {
        return { entries: head.seq, brokenAt: brokenAt ?? last.seq + 1 };
      }
      last = end;
    }
    return { entries: head.seq, brokenAt: last.seq === head.seq && last.hash === head.hash ? null : last.seq };
  }
}
