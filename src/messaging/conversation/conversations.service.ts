import { Injectable } from '@nestjs/common';
import type { Viewer } from '../../access/caller.js';
import { visibleTo } from '../../access/visible.service.js';
import { type EntityManager, In } from 'typeorm';
import type { Channel } from '../../channels/channel.js';
import { Reader } from '../../database/reader.service.js';
import { columnsOf, listOf, tableOf, toList } from '../../database/row-table.service.js';
import { findRow, findRows, type RowRead, rowsBy } from '../../database/rows.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { decodeCursor, type Page, type PageRequest, toPage } from '../../kernel/page.js';
import { Problem } from '../../kernel/problem.js';
import { type ReplyWindow } from '../../rate-policy/reply-window.js';
import { RatePolicy } from '../../rate-policy/rate-policy.service.js';
import { Ids } from '../../runtime/ids.service.js';
import { ConversationEntity } from './conversation.entity.js';

export interface Participant {
  id: string;
  username: string | null;
  name: string | null;
}

type ConversationKey = Pick<ConversationEntity, 'channelId' | 'participantId'>;

export interface ConversationFilter {
  channelId?: string | undefined;
  windowOpen?: boolean | undefined;
}

/** Conversations, and the lock under which everything about one of them is decided. */
@Injectable()
export class Conversations {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly ratePolicy: RatePolicy,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** The conversation, made if there is none, and ours alone until the unit of work ends. What is known of the participant is kept. */
  async lock(channel: Channel, participant: Participant): Promise<ConversationEntity> {
    return this.unitOfWork.run(async (manager) => {
      const conversation = await this.findForUpdate(manager, channel.id, participant.id);
      if (conversation !== null) {
        await this.keepProfile(manager, conversation, participant);
        return conversation;
      }
      const made = this.make(channel, participant);
      // Two that make the same one at once: one row stays, and both go on with it.
      await manager.createQueryBuilder().insert().into(ConversationEntity).values(made).orIgnore().updateEntity(false).execute();
      return (await this.findForUpdate(manager, channel.id, participant.id)) ?? made;
    });
  }

  /** A new one, which is not written yet. */
  make(channel: Channel, participant: Participant): ConversationEntity {
    return Object.assign(new ConversationEntity(), {
      id: this.ids.create('cnv'),
      team: channel.team,
      channelId: channel.id,
      accountId: channel.accountId,
      participantId: participant.id,
      participantUsername: participant.username,
      participantName: participant.name,
      windowOpenedAt: null,
      windowUsed: 0,
      windowClosedAt: null,
      lastSeq: 0,
      lastMessageAt: null,
      readUpTo: null,
      readAt: null,
      headId: null,
      headAt: null,
      leaseOwner: null,
      leaseUntil: null,
      fence: 0,
      createdAt: this.clock.now(),
    } satisfies ConversationEntity);
  }

  /** The read that locks conversations, by ids or by channel and participant; for `readTogether`. */
  toLock(keys: readonly Partial<ConversationEntity>[]): RowRead<ConversationEntity> {
    return rowsBy(ConversationEntity, keys, true);
  }

  /**
   * Nobody else who makes several conversations makes these until the unit of work ends. To be called before any lock: two that make
   * the same ones, each in its order or beside conversations that it has, would wait for each other.
   */
  async reserveMissing(manager: EntityManager, pairs: readonly ConversationKey[]): Promise<void> {
    const table = tableOf(manager, ConversationEntity);
    if (table.isPostgres && pairs.length > 1) {
      const columns = columnsOf(table, ['channelId', 'participantId']);
      const isSame = columns.map(({ name }, n) => `t.${name} = c${n}`).join(' AND ');
      // Sorted, so that all who reserve the same ones do it in one order.
      const missing = `SELECT DISTINCT hashtextextended(c0 || ' ' || c1, 0) AS key FROM ${listOf(table, columns, '$1')} AS list WHERE NOT EXISTS (SELECT 1 FROM ${table.name} AS t WHERE ${isSame}) ORDER BY 1`;
      await manager.query(`SELECT pg_advisory_xact_lock(key) FROM (${missing}) AS missing`, [JSON.stringify(toList(columns, pairs))]);
    }
  }

  /** Locks what there is between channels and participants, and reserves the rest. */
  async lockAll(pairs: readonly ConversationKey[]): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      await this.reserveMissing(manager, pairs);
      await findRows(manager, ConversationEntity, pairs, true);
    });
  }

  /** The reply window between them; null when the participant never wrote. */
  async findWindow(manager: EntityManager, channelId: string, participantId: string): Promise<ReplyWindow | null> {
    const conversation = await findRow(manager, ConversationEntity, { channelId, participantId });
    return conversation === null ? null : windowOf(conversation);
  }

  /** The X user ids of the participants. */
  async participantsOf(ids: readonly string[]): Promise<Set<string>> {
    const conversations = await this.reader.repository(ConversationEntity).findBy({ id: In([...new Set(ids)]) });
    return new Set(conversations.map(({ participantId }) => participantId));
  }

  /** By id, for a unit of work that settles one of its messages. */
  async lockById(manager: EntityManager, id: string): Promise<ConversationEntity> {
    const conversation = await findRow(manager, ConversationEntity, { id }, true);
    if (conversation === null) {
      throw new Error(`There is no conversation ${id}`);
    }
    return conversation;
  }

  /** @throws Problem `conversation.not-found` */
  async get(viewer: Viewer, id: string): Promise<ConversationEntity> {
    const conversation = await this.reader.repository(ConversationEntity).findOneBy({ id, ...visibleTo(viewer) });
    if (conversation === null) {
      throw new Problem('conversation.not-found', 'No conversation has this id.');
    }
    return conversation;
  }

  async list(viewer: Viewer, filter: ConversationFilter, request: PageRequest): Promise<Page<ConversationEntity>> {
    const query = this.reader
      .repository(ConversationEntity)
      .createQueryBuilder('conversation')
      .where(visibleTo(viewer))
      .orderBy('conversation.id', 'DESC')
      .take(request.limit + 1);
    if (filter.channelId !== undefined) {
      query.andWhere('conversation.channelId = :channelId', { channelId: filter.channelId });
    }
    if (filter.windowOpen !== undefined) {
      const openSince = this.clock.now() - this.ratePolicy.windowRule('v1.1').windowMs;
      query.andWhere(
        filter.windowOpen
          ? 'conversation.windowOpenedAt > :openSince'
          : '(conversation.windowOpenedAt IS NULL OR conversation.windowOpenedAt <= :openSince)',
        { openSince },
      );
    }
    if (request.cursor !== undefined) {
      query.andWhere('conversation.id < :after', { after: decodeCursor('cnv', request.cursor) });
    }
    return toPage(await query.getMany(), request);
  }

  private findForUpdate(manager: EntityManager, channelId: string, participantId: string): Promise<ConversationEntity | null> {
    return findRow(manager, ConversationEntity, { channelId, participantId }, true);
  }

  /** What is newly known of the participant; in the row and in `conversation`. */
  async keepProfile(manager: EntityManager, conversation: ConversationEntity, participant: Participant): Promise<void> {
    const known = toProfileColumns(participant, conversation);
    if (known.participantUsername !== conversation.participantUsername || known.participantName !== conversation.participantName) {
      await manager.update(ConversationEntity, { id: conversation.id }, known);
      Object.assign(conversation, known);
    }
  }
}

export function windowOf(conversation: ConversationEntity): ReplyWindow | null {
  return conversation.windowOpenedAt === null
    ? null
    : { openedAt: conversation.windowOpenedAt, used: conversation.windowUsed };
}

/** What is known of a participant with what is newly told: what is not told is no news. */
export function toProfileColumns({ username, name }: Pick<Participant, 'username' | 'name'>, before: ConversationEntity): Pick<ConversationEntity, 'participantUsername' | 'participantName'> {
  return { participantUsername: username ?? before.participantUsername, participantName: name ?? before.participantName };
}

/** The columns of a window, for an update. A window that was opened anew has not been noted as closed. */
export function toWindowColumns(
  window: ReplyWindow | null,
  before: ConversationEntity,
): Pick<ConversationEntity, 'windowOpenedAt' | 'windowUsed' | 'windowClosedAt'> {
  const isSame = window?.openedAt === before.windowOpenedAt;
  return {
    windowOpenedAt: window?.openedAt ?? null,
    windowUsed: window?.used ?? 0,
    windowClosedAt: isSame ? before.windowClosedAt : null,
  };
}
