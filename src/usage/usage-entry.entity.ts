import { Entity } from 'typeorm';
import type { PricedApi } from '../config/prices.js';
import { CountColumn, IdColumn, TextColumn } from '../database/columns.decorator.js';
import type { UsageKind } from './usage.js';

/**
 * An entry of the log of what X may charge for. Entries are added and never changed, so that nobody waits for anybody; those of a day that
 * is over become one.
 */
@Entity('usage_log')
export class UsageEntryEntity {
  @IdColumn()
  id: string;

  @TextColumn({ name: 'channel_id' })
  channelId: string;

  /** By UTC: `2026-11-27`. */
  @TextColumn()
  day: string;

  @TextColumn()
  api: PricedApi;

  @TextColumn()
  kind: UsageKind;

  /** Less than none for what was counted and did not come to be. */
  @CountColumn()
  count: number;
}
