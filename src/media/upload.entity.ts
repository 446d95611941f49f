import { Entity } from 'typeorm';
import { CountColumn, FlagColumn, IdColumn, InstantColumn, TextColumn } from '../database/columns.decorator.js';
import type { MediaKind } from './media-kind.js';

/** A file that a team has given us to send; its bytes are in the media folder under its id. */
@Entity('uploads')
export class UploadEntity {
  @IdColumn()
  id: string;

  @TextColumn()
  team: string;

  /** Who made it: a key that is limited to channels sees its own uploads, which are of no channel. */
  @TextColumn({ name: 'key_id' })
  keyId: string;

  @TextColumn()
  kind: MediaKind;

  @TextColumn({ name: 'content_type' })
  contentType: string;

  @CountColumn({ name: 'size_bytes' })
  sizeBytes: number;

  /** X may let anybody with its address read it, so that it goes to X once and into several messages. */
  @FlagColumn({ name: 'is_shared' })
  isShared: boolean;

  /** In which media folder its bytes are: instances that do not share one have their own. */
  @TextColumn({ name: 'folder_id' })
  folderId: string;

  @InstantColumn({ name: 'created_at' })
  createdAt: number;

  @InstantColumn({ name: 'expires_at' })
  expiresAt: number;
}
