import { Entity } from 'typeorm';
import { IdColumn, InstantColumn, TextColumn } from '../database/columns.decorator.js';

/** That X has an upload, ready to be sent. */
@Entity('media_at_x')
export class MediaAtXEntity {
  @IdColumn({ name: 'upload_id' })
  uploadId: string;

  /** The message that it was given to X for; a shared one's channel. */
  @IdColumn({ name: 'used_by' })
  usedBy: string;

  @TextColumn({ name: 'x_media_id' })
  xMediaId: string;

  /** Until then X attaches it. */
  @InstantColumn({ name: 'usable_until' })
  usableUntil: number;
}
