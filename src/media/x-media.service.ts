import { Injectable } from '@nestjs/common';
import { type EntityManager, In, LessThan, MoreThan } from 'typeorm';
import { Reader } from '../database/reader.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { HOUR_MS } from '../kernel/duration.js';
import type { XUploadProgress } from '../x-api/media-uploads-v1.service.js';
import { XApi } from '../x-api/x-api.service.js';
import type { XCredentials } from '../x-api/x-credentials.js';
import { MediaAtXEntity } from './media-at-x.entity.js';
import { MediaFolder } from './media-folder.service.js';
import { UploadEntity } from './upload.entity.js';

/** X forgets it then; it is not attached any more an hour before. */
const RESERVE_MS = HOUR_MS;

export interface HandedOver {
  uploadId: string;
  xMediaId: string;
  usableUntil: Instant;
  isShared: boolean;
  sizeBytes: number;
}

/** What X has of uploads. */
@Injectable()
export class XMedia {
  constructor(
    private readonly x: XApi,
    private readonly folder: MediaFolder,
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** X's id of it, if one of these may use it. */
  async find(manager: EntityManager, uploadId: string, usedBy: readonly string[]): Promise<string | null> {
    const [found] = await manager.find(MediaAtXEntity, { where: { uploadId, usedBy: In([...usedBy]), usableUntil: MoreThan(this.clock.now()) }, order: { usableUntil: 'DESC' }, take: 1 });
    return found?.xMediaId ?? null;
  }

  /** Gives all of it to X. Nothing of ours is changed by it. @throws XFailure, or what ends it here */
  async handOver(uploadId: string, credentials: XCredentials, over: AbortSignal, report: (progress: XUploadProgress) => void): Promise<HandedOver> {
    const upload = await this.reader.repository(UploadEntity).findOneByOrFail({ id: uploadId });
    const file = await this.folder.read('uploads', uploadId);
    if (file === null) {
      throw new Error('The file is in the media folder of another instance');
    }
    const { kind, contentType, sizeBytes, isShared } = upload;
    const { handle } = file;
    const read = async (from: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    };
    try {
      const { xMediaId, usableMs } = await this.x.mediaUploads.upload(credentials, { kind, contentType, sizeBytes, isShared, read }, over, report);
      return { uploadId, xMediaId, usableUntil: this.clock.now() + usableMs - RESERVE_MS, isShared, sizeBytes };
    } finally {
      await handle.close();
    }
  }

  /** `usedBy`: the one message that it is for, or the channel whose messages share it. */
  async keep(manager: EntityManager, { uploadId, xMediaId, usableUntil }: HandedOver, usedBy: string): Promise<void> {
    await manager.delete(MediaAtXEntity, { uploadId, usedBy });
    await manager.insert(MediaAtXEntity, { uploadId, usedBy, xMediaId, usableUntil });
  }

  /** Returns how many. */
  async forgetOld(): Promise<number> {
    const result = await this.unitOfWork.run((manager) => manager.delete(MediaAtXEntity, { usableUntil: LessThan(this.clock.now()) }));
    return result.affected ?? 0;
  }
}
