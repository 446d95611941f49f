import { Entity } from 'typeorm';
import { CountColumn, FlagColumn, IdColumn, InstantColumn, JsonColumn, TextColumn } from '../../database/columns.decorator.js';
import type { XAnswer } from '../../kernel/problem.js';
import type { Charge } from '../../rate-policy/reply-window.js';
import type { BeyondAllotment } from '../../config/settings.js';
import type { MessageContent } from './message-content.js';
import type { HeldBecause, MessageStatus } from './message-status.js';

/** Why X definitely did not take a message. */
export interface MessageFailure {
  code: string;
  detail: string;
  x: XAnswer | null;
}

@Entity('messages')
export class MessageEntity {
  @IdColumn()
  id: string;

  @TextColumn()
  team: string;

  @TextColumn({ name: 'channel_id' })
  channelId: string;

  @TextColumn({ name: 'conversation_id' })
  conversationId: string;

  /** Its place in the conversation. */
  @CountColumn()
  seq: number;

  @TextColumn()
  direction: 'inbound' | 'outbound';

  /** `api` sent through this service · `elsewhere` typed in an app of X or sent by another app · `participant` inbound. */
  @TextColumn()
  source: 'api' | 'elsewhere' | 'participant';

  @JsonColumn()
  content: MessageContent;

  /** `normaliseForEcho` of the text. */
  @TextColumn({ name: 'text_fingerprint' })
  textFingerprint: string;

  @TextColumn({ nullable: true })
  reference: string | null;

  @TextColumn()
  status: MessageStatus;

  @TextColumn({ nullable: true })
  charge: Charge | null;

  /** What it was charged when it was accepted. */
  @TextColumn({ name: 'accepted_charge', nullable: true })
  acceptedCharge: Charge | null;

  /** The window whose allotment it uses, by that window's `openedAt`. */
  @InstantColumn({ name: 'charged_window', nullable: true })
  chargedWindow: number | null;

  /** Its participant had never written to the channel when it was accepted; it waits behind replies when a limit is short. */
  @FlagColumn({ name: 'starts_conversation', default: false })
  startsConversation: boolean;

  @TextColumn({ name: 'beyond_allotment', nullable: true })
  beyondAllotment: BeyondAllotment | null;

  @InstantColumn({ name: 'valid_until', nullable: true })
  validUntil: number | null;

  @InstantColumn({ name: 'held_until', nullable: true })
  heldUntil: number | null;

  @TextColumn({ name: 'held_because', nullable: true })
  heldBecause: HeldBecause | null;

  @JsonColumn({ nullable: true })
  failure: MessageFailure | null;

  @TextColumn({ name: 'x_message_id', nullable: true })
  xMessageId: string | null;

  /** X's time of it. */
  @InstantColumn({ name: 'x_created_at', nullable: true })
  xCreatedAt: number | null;

  @InstantColumn({ name: 'created_at' })
  createdAt: number;

  @InstantColumn({ name: 'sent_at', nullable: true })
  sentAt: number | null;

  @InstantColumn({ name: 'read_at', nullable: true })
  readAt: number | null;

  /** When the dispatcher may take it; null: an inbound message or a free place in a limit brings it forward. */
  @InstantColumn({ name: 'next_attempt_at', nullable: true })
  nextAttemptAt: number | null;

  /** Since when nobody knows whether X took it; stays when that is settled. */
  @InstantColumn({ name: 'unknown_at', nullable: true })
  unknownAt: number | null;

  /** When the team was told so. */
  @InstantColumn({ name: 'unknown_told_at', nullable: true })
  unknownToldAt: number | null;

  /** How many times X's history was looked at for it. */
  @CountColumn({ name: 'look_ups', default: 0 })
  lookUps: number;

  /** When X's history is looked at next; null: not again. */
  @InstantColumn({ name: 'look_up_at', nullable: true })
  lookUpAt: number | null;

  /** While it is unknown, messages accepted after it for the same participant wait until then; null: they go on. */
  @InstantColumn({ name: 'blocks_until', nullable: true })
  blocksUntil: number | null;

  /** Read back from X's history: the webhook had not told of it. */
  @FlagColumn({ name: 'is_recovered', default: false })
  isRecovered: boolean;

  /** The messages that one long text became, this one among them, in their order. */
  @JsonColumn({ nullable: true })
  parts: string[] | null;

  /** The request that it was accepted with: what is told of it carries this on. */
  @TextColumn({ name: 'request_id', nullable: true })
  requestId: string | null;
}
