import { Injectable } from '@nestjs/common';
import { type EntityManager, In, LessThan, MoreThan } from 'typeorm';
import type { Caller } from '../access/caller.js';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Reader } from '../database/reader.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, toTimestamp } from '../kernel/clock.js';
import { Problem } from '../kernel/problem.js';
import { Ids } from '../runtime/ids.service.js';
import { MediaAtXEntity } from './media-at-x.entity.js';
import { MediaFolder } from './media-folder.service.js';
import { mediaPath, type UploadDto } from './media.dto.js';
import type { ReceivedFile } from './received-file.service.js';
import { UploadEntity } from './upload.entity.js';

/** Files that teams gave us to send: the bytes in the media folder, the rest in a row. First the bytes, so that no row is without. */
@Injectable()
export class Uploads {
  constructor(
    private readonly folder: MediaFolder,
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @InjectSettings('media') private readonly settings: Settings['media'],
  ) {}

  /** Puts the bytes where they stay. They are nobody's until `record`, and removed some time later without it. */
  async keep({ file, type }: ReceivedFile, caller: Caller, isShared: boolean): Promise<UploadEntity> {
    const id = this.ids.create('med');
    const sizeBytes = file.size;
    await this.folder.keep(file, 'uploads', id);
    const createdAt = this.clock.now();
    return Object.assign(new UploadEntity(), {
      id,
      team: caller.team,
      keyId: caller.keyId,
      kind: type.kind,
      contentType: type.contentType,
      sizeBytes,
      isShared,
      folderId: await this.folder.folderId(),
      createdAt,
      expiresAt: createdAt + this.settings.keepUploadsMs,
    } satisfies UploadEntity);
  }

  /** Joins the running unit of work. */
  async record(upload: UploadEntity): Promise<void> {
    await this.unitOfWork.run((manager) => manager.insert(UploadEntity, { ...upload }));
  }

  /** Of the caller's team; a key that is limited to channels sees its own only. */
  find({ team, channelIds, keyId }: Caller, id: string): Promise<UploadEntity | null> {
    return this.reader.repository(UploadEntity).findOneBy({ id, team, ...(channelIds === null ? {} : { keyId }) });
  }

  /** One that may be sent. @throws Problem `media.not-found` */
  async getToSend(caller: Caller, id: string): Promise<UploadEntity> {
    const upload = await this.find(caller, id);
    if (upload === null || upload.expiresAt <= this.clock.now()) {
      const detail = 'No upload has this id, or it was kept for its time.';
      throw new Problem('media.not-found', detail, { errors: [{ pointer: '/content/mediaId', code: 'media.not-found', detail }] });
    }
    return upload;
  }

  /** Those whose time is over, in the order of their ids: some behind that one. */
  async listExpired(after: string, most: number): Promise<string[]> {
    const where = { expiresAt: LessThan(this.clock.now()), id: MoreThan(after) };
    const found = await this.reader.repository(UploadEntity).find({ select: { id: true }, where, order: { id: 'ASC' }, take: most });
    return found.map(({ id }) => id);
  }

  /** Which of these are none of ours. */
  async listUnknown(ids: readonly string[]): Promise<string[]> {
    const found = ids.length === 0 ? [] : await this.reader.repository(UploadEntity).find({ select: { id: true }, where: { id: In([...ids]) } });
    const known = new Set(found.map(({ id }) => id));
    return ids.filter((id) => !known.has(id));
  }

  /** Their bytes go when the unit of work that they are forgotten in has ended. */
  async forget(manager: EntityManager, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) {
      await manager.delete(MediaAtXEntity, { uploadId: In([...ids]) });
      await manager.delete(UploadEntity, { id: In([...ids]) });
      this.unitOfWork.afterCommit(() => void this.folder.remove('uploads', ids).catch(() => undefined));
    }
  }
}

export function toUploadDto(upload: UploadEntity): UploadDto {
  const { id, kind, contentType, sizeBytes: size, isShared: shared } = upload;
  return { id, kind, contentType, size, shared, url: mediaPath(id), createdAt: toTimestamp(upload.createdAt), expiresAt: toTimestamp(upload.expiresAt) };
}
