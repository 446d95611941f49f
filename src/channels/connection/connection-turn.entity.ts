import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, TextColumn } from '../../database/columns.decorator.js';

/** Which instance changes an app's webhooks and subscriptions at X at this moment. */
@Entity('connection_turns')
export class ConnectionTurnEntity {
  @IdColumn({ name: 'app_fingerprint' })
  appFingerprint: string;

  @TextColumn({ nullable: true })
  owner: string | null;

  @InstantColumn()
  until: number;
}
