import type { EntityManager } from 'typeorm';
import { type RowRead, rowsBy } from '../database/rows.service.js';
import { type LimitBook, type LimitParties, type LimitSubjects, type OpenLimits, pickSubjects, subjectIdsOf } from './limit-book.service.js';
import { LimitSubjectEntity } from './limit-subject.entity.js';

/**
 * The limits as they stand in one unit of work that is about many messages: looked at once for each channel, without binding anybody.
 * Whoever changes one of them, or what X said of them, says so (`forget`).
 */
export class KnownLimits {
  private readonly open = new Map<string, Promise<OpenLimits>>();
  private readonly subjects = new Map<string, Promise<LimitSubjects>>();

  constructor(
    private readonly book: LimitBook,
    private readonly manager: EntityManager,
  ) {}

  read(parties: LimitParties): Promise<OpenLimits> {
    const known = this.open.get(parties.channel.id) ?? this.readSubjects(parties).then((subjects) => this.book.open(this.manager, parties, subjects));
    this.open.set(parties.channel.id, known);
    return known;
  }

  readSubjects(parties: LimitParties): Promise<LimitSubjects> {
    const known = this.subjects.get(parties.channel.id) ?? this.book.readSubjects(this.manager, parties);
    this.subjects.set(parties.channel.id, known);
    return known;
  }

  /** What X said of several channels' limits, to be read along with others and then kept. */
  subjectsOf(all: readonly LimitParties[]): RowRead<LimitSubjectEntity> {
    return rowsBy(LimitSubjectEntity, all.flatMap((parties) => Object.values(subjectIdsOf(parties)).map((id) => ({ id }))));
  }

  keep(all: readonly LimitParties[], rows: readonly LimitSubjectEntity[]): void {
    for (const parties of all) {
      this.subjects.set(parties.channel.id, Promise.resolve(pickSubjects(parties, rows)));
    }
  }

  forget(): void {
    this.open.clear();
    this.subjects.clear();
  }
}
