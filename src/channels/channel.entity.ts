import { Entity } from 'typeorm';
import { FlagColumn, IdColumn, InstantColumn, JsonColumn, TextColumn } from '../database/columns.decorator.js';
import type { EventsApiName, MessagesApiName } from '../x-api/x-generations.js';
import type { Channel, ChannelPolicy } from './channel.js';
import type { Connection } from './channel-status.js';
import type { FormerLine } from './connection/former-line.js';
import type { CreditStop } from './credits/credit-stop.js';

@Entity('channels')
export class ChannelEntity implements Channel {
  @IdColumn()
  id: string;

  @TextColumn()
  team: string;

  @TextColumn()
  name: string;

  @TextColumn({ name: 'account_id' })
  accountId: string;

  @TextColumn({ name: 'account_username' })
  accountUsername: string;

  @TextColumn({ name: 'account_name' })
  accountName: string;

  @TextColumn({ name: 'app_fingerprint' })
  appFingerprint: string;

  @TextColumn({ name: 'x_app_id', nullable: true })
  xAppId: string | null;

  @TextColumn({ name: 'webhook_key' })
  webhookKey: string;

  @TextColumn({ name: 'events_api' })
  eventsApi: EventsApiName;

  @TextColumn({ name: 'messages_api' })
  messagesApi: MessagesApiName;

  @TextColumn({ name: 'environment_name', nullable: true })
  environmentName: string | null;

  @JsonColumn({ name: 'former_lines', default: '[]' })
  formerLines: FormerLine[];

  @TextColumn()
  connection: Connection;

  @TextColumn({ name: 'connection_detail', nullable: true })
  connectionDetail: string | null;

  @JsonColumn({ name: 'credits_stop', nullable: true })
  creditsStop: CreditStop | null;

  @FlagColumn({ name: 'is_paused' })
  isPaused: boolean;

  @JsonColumn()
  policy: ChannelPolicy;

  @FlagColumn({ name: 'is_declared_in_config' })
  isDeclaredInConfig: boolean;

  @InstantColumn({ name: 'created_at' })
  createdAt: number;

  @InstantColumn({ name: 'updated_at' })
  updatedAt: number;
}
