import { Entity } from 'typeorm';
import { CountColumn, IdColumn, InstantColumn, TextColumn } from '../../database/columns.decorator.js';

/** One channel and one participant, and the reply window between them. */
@Entity('conversations')
export class ConversationEntity {
  @IdColumn()
  id: string;

  @TextColumn()
  team: string;

  @TextColumn({ name: 'channel_id' })
  channelId: string;

  /** The X user id of the channel's account; still known when the channel is gone. */
  @TextColumn({ name: 'account_id' })
  accountId: string;

  @TextColumn({ name: 'participant_id' })
  participantId: string;

  @TextColumn({ name: 'participant_username', nullable: true })
  participantUsername: string | null;

  @TextColumn({ name: 'participant_name', nullable: true })
  participantName: string | null;

  /** X's time of the inbound message that opened the window; null before the first. */
  @InstantColumn({ name: 'window_opened_at', nullable: true })
  windowOpenedAt: number | null;

  @CountColumn({ name: 'window_used' })
  windowUsed: number;

  /** When the expired-window job noted the end of this window; a note, no input to any decision. */
  @InstantColumn({ name: 'window_closed_at', nullable: true })
  windowClosedAt: number | null;

  /** The number of the newest message; given out under this row's lock, so that numbers appear in their order. */
  @CountColumn({ name: 'last_seq' })
  lastSeq: number;

  @InstantColumn({ name: 'last_message_at', nullable: true })
  lastMessageAt: number | null;

  /** X's id of the newest message that the participant is known to have read. */
  @TextColumn({ name: 'read_up_to', nullable: true })
  readUpTo: string | null;

  @InstantColumn({ name: 'read_at', nullable: true })
  readAt: number | null;

  /** The message that is next to be handed to X, or is under way; null: nothing waits that time alone brings forward. */
  @TextColumn({ name: 'head_id', nullable: true })
  headId: string | null;

  /** When the head may be claimed; null while it is under way and while something has to happen first. */
  @InstantColumn({ name: 'head_at', nullable: true })
  headAt: number | null;

  /** Whose claim the head is under; past `leaseUntil` that of a dead dispatcher. */
  @TextColumn({ name: 'lease_owner', nullable: true })
  leaseOwner: string | null;

  @InstantColumn({ name: 'lease_until', nullable: true })
  leaseUntil: number | null;

  /** Counts the claims, so that one which was lost is not taken for the one after it. */
  @CountColumn({ default: 0 })
  fence: number;

  @InstantColumn({ name: 'created_at' })
  createdAt: number;
}
