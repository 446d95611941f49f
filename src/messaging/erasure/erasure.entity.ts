import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, TextColumn } from '../../database/columns.decorator.js';

/** That a participant was erased, without saying who: what X still tells of the time before is not taken in again. */
@Entity('erasures')
export class ErasureEntity {
  @IdColumn({ name: 'channel_id' })
  channelId: string;

  /** A keyed digest of the X user id. */
  @IdColumn({ name: 'participant_hash' })
  participantHash: string;

  /** The encryption key that its key was derived from. */
  @TextColumn({ name: 'pepper_id' })
  pepperId: string;

  @InstantColumn({ name: 'erased_at' })
  erasedAt: number;
}
