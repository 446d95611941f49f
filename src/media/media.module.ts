import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MediaAtXEntity } from './media-at-x.entity.js';
import { MediaCopies } from './media-copies.service.js';
import { MediaFolder } from './media-folder.service.js';
import { XApiModule } from '../x-api/x-api.module.js';
import { XMedia } from './x-media.service.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { MediaSources } from './media-sources.service.js';
import { UploadEntity } from './upload.entity.js';
import { UploadReception } from './upload-reception.service.js';
import { Uploads } from './uploads.service.js';
import { UploadsController } from './uploads.controller.js';

/** The bytes of media: what teams upload, copies of what X has, and what X has of uploads. Which message they are in is not known here. */
@Module({
  imports: [TypeOrmModule.forFeature([UploadEntity, MediaAtXEntity]), XApiModule, OutboundModule],
  controllers: [UploadsController],
  providers: [MediaSources, MediaCopies, MediaFolder, UploadReception, Uploads, XMedia],
  exports: [MediaSources, MediaCopies, MediaFolder, Uploads, XMedia],
})
export class MediaModule {}
