import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, JsonColumn, TextColumn } from '../database/columns.decorator.js';
import type { TeamEventType } from './team-event-type.js';

/** One thing to tell a team. */
@Entity('team_events')
export class TeamEventEntity {
  @IdColumn()
  id: string;

  @TextColumn()
  team: string;

  @TextColumn({ name: 'channel_id' })
  channelId: string;

  @TextColumn()
  type: TeamEventType;

  /** The conversation or limit as REST shows it. */
  @JsonColumn()
  data: unknown;

  @InstantColumn({ name: 'occurred_at' })
  occurredAt: number;

  @InstantColumn({ name: 'created_at' })
  createdAt: number;
}
