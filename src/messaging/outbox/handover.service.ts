import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { GatheredWork, type Outcome } from '../../database/gathered-work.service.js';
import { readTogether, rowsBy, RowWrites } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { KnownLimits } from '../../rate-policy/known-limits.service.js';
import { LimitBook, type LimitParties } from '../../rate-policy/limit-book.service.js';
import type { SentMessage } from '../../x-api/messages-api.js';
import { XFailure } from '../../x-api/x-failure.js';
import { Conversations } from '../conversation/conversations.service.js';
import { MessageEntity } from '../message/message.entity.js';
import type { Claim, Slots } from './claim.js';
import { type Departed, Departure, type Leaving } from './departure.service.js';
import { Outbox } from './outbox.service.js';
import type { LockedRows } from './locked-rows.service.js';
import { type Answered, SendAnswers } from './send-answers.service.js';

/** Most messages that leave or come back with one commit. */
const MOST_AT_ONCE = 64;

/** A dispatcher that has slots for so much more. */
interface Claiming {
  owner: string;
  slots: Slots;
}

type Wanted = Leaving | Answered | Claiming;
type Given = Departed | Claim[] | null;

/**
 * What is written before a message goes to X and after X has answered. A place at X that one message leaves is the next one's, so
 * all of it comes together, and is written together.
 */
@Injectable()
export class Handover {
  private readonly gathered: GatheredWork<Wanted, Given>;

  constructor(
    private readonly conversations: Conversations,
    private readonly departure: Departure,
    private readonly answers: SendAnswers,
    private readonly outbox: Outbox,
    private readonly book: LimitBook,
    unitOfWork: UnitOfWork,
  ) {
    this.gathered = new GatheredWork(unitOfWork, (writes, items) => this.write(writes, items), { most: MOST_AT_ONCE, isUrgent: true });
  }

  /** Claims what has been due longest, as many as there are free `slots` for. Where nothing else is written anyway, it is looked first whether there is any. */
  async claim(owner: string, slots: Slots): Promise<Claim[]> {
    if (slots.isFull || (this.gathered.isIdle && !(await this.outbox.isAnythingDue()))) {
      return [];
    }
    return (await this.gathered.run({ owner, slots })) as Claim[];
  }

  /** With the result on disk the message's first byte may go. Null: it is not to be sent now, and says why. `parties` are null when its channel is gone. */
  depart(claim: Claim, parties: LimitParties | null): Promise<Departed | null> {
    return this.gathered.run({ claim, parties }) as Promise<Departed | null>;
  }

  /** What X said of it is on disk. */
  async settle(departed: Departed, answer: SentMessage | XFailure): Promise<void> {
    await this.gathered.run({ departed, answer });
  }

  private async write(writes: RowWrites, items: readonly Wanted[]): Promise<Outcome<Given>[]> {
    const [answered, leaving] = [items.filter((item) => 'departed' in item), items.filter((item) => 'claim' in item)];
    const rows = await this.lock(writes.manager, answered, leaving);
    await this.answers.settle(writes, rows, answered);
    const departed = await this.departure.depart(writes, rows, leaving);
    const outcomes: Outcome<Given>[] = [];
    for (const item of items) {
      const given = 'slots' in item ? await this.outbox.claim(writes, item.owner, item.slots.copy(), rows.conversations) : 'claim' in item ? (departed.get(item.claim) ?? null) : null;
      outcomes.push({ kind: 'done', result: given });
    }
    return outcomes;
  }

  private async lock(manager: EntityManager, answered: readonly Answered[], leaving: readonly Leaving[]): Promise<LockedRows> {
    const ids = [...answered.map(({ departed: { message } }) => ({ conversationId: message.conversationId, messageId: message.id })), ...leaving.map(({ claim }) => claim)];
    const taken = answered.flatMap(({ departed: { message }, answer }) => (answer instanceof XFailure ? [] : [{ channelId: message.channelId, xMessageId: answer.xMessageId }]));
    const parties = [...answered.map(({ departed }) => departed.parties), ...leaving.flatMap((one) => one.parties ?? [])];
    const limits = new KnownLimits(this.book, manager);
    const [conversations, messages, told, subjects] = await readTogether(
      manager,
      this.conversations.toLock(ids.map(({ conversationId: id }) => ({ id }))),
      rowsBy(MessageEntity, ids.map(({ messageId: id }) => ({ id })), true),
      rowsBy(MessageEntity, taken),
      limits.subjectsOf(parties),
    );
    limits.keep(parties, subjects);
    return { conversations: byId(conversations), messages: byId(messages), copies: told.filter(({ source }) => source === 'elsewhere'), limits };
  }
}

function byId<Row extends { id: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}
