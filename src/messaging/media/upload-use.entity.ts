import { Entity } from 'typeorm';
import { IdColumn, TextColumn } from '../../database/columns.decorator.js';

/** That a message carries an upload. It goes with the message. */
@Entity('upload_uses')
export class UploadUseEntity {
  @IdColumn({ name: 'upload_id' })
  uploadId: string;

  @IdColumn({ name: 'message_id' })
  messageId: string;

  @TextColumn({ name: 'conversation_id' })
  conversationId: string;
}
