import { Entity } from 'typeorm';
import { CountColumn, IdColumn, InstantColumn, JsonColumn, TextColumn } from '../../database/columns.decorator.js';
import type { ERASED_EVENT, TeamEventType, TEST_EVENT } from './team-event-type.js';

/** The place of an event that is in no feed: a test of a callback. */
export const NO_POSITION = 0;

/** One thing to tell a team, written with what caused it. */
@Entity('team_events')
export class TeamEventEntity {
  @IdColumn()
  id: string;

  @TextColumn()
  team: string;

  /** Null for what is of no channel. */
  @TextColumn({ name: 'channel_id', nullable: true })
  channelId: string | null;

  @TextColumn({ name: 'conversation_id', nullable: true })
  conversationId: string | null;

  /** The number of the event in its conversation, from 1 and without a gap; null for what is of none. */
  @CountColumn({ nullable: true })
  sequence: number | null;

  @TextColumn()
  type: TeamEventType | typeof TEST_EVENT | typeof ERASED_EVENT;

  /** The message, conversation, channel or limit as REST shows it. */
  @JsonColumn()
  data: unknown;

  @InstantColumn({ name: 'occurred_at' })
  occurredAt: number;

  /** The request of a caller that led to it, for those who follow it through. */
  @TextColumn({ name: 'request_id', nullable: true })
  requestId: string | null;

  @InstantColumn({ name: 'created_at' })
  createdAt: number;

  /**
   * The place in the order in which all readers see events; null until it is published. It is given to what is committed, by one at a
   * time, so that no event appears before one that a reader has passed already; ids, which are made before the commit, can.
   */
  @InstantColumn({ nullable: true })
  position: number | null;
}
