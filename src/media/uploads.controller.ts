import { Controller, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentCaller, RequiresScope } from '../access/access.decorator.js';
import { type Caller, idempotencySpaceOf } from '../access/caller.js';
import { CreatingReply } from '../http/creating-reply.service.js';
import { Operation } from '../http/operation.decorator.js';
import { mediaPath, UPLOAD_FORM, uploadSchema } from './media.dto.js';
import { UploadReception } from './upload-reception.service.js';
import { toUploadDto, Uploads } from './uploads.service.js';

@Controller('v1/media')
@ApiTags('Messages')
@ApiBearerAuth()
export class UploadsController {
  constructor(
    private readonly reception: UploadReception,
    private readonly uploads: Uploads,
    private readonly creatingReply: CreatingReply,
  ) {}

  @Post()
  @RequiresScope('messages:send')
  @ApiConsumes('multipart/form-data')
  @ApiBody(UPLOAD_FORM)
  @Operation({
    summary: 'Upload media',
    description: 'Takes a file to send in messages: `content: {"type": "media", "mediaId": …}`. What it is, its bytes say. It is handed to X when a message with it is sent.',
    answers: { 201: { description: 'The upload.', schema: uploadSchema, headers: { Location: 'Where its bytes are.' } } },
    problems: ['request.invalid', 'request.malformed-json', 'request.body-too-large', 'request.unsupported-media-type', 'media.too-large', 'media.type-not-supported', 'media.no-room'],
    isIdempotent: true,
  })
  async create(@CurrentCaller() caller: Caller, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const received = await this.reception.receive(request);
    // The same request is one with the same file.
    request.body = { file: received.checksum, shared: received.isShared };
    try {
      return await this.creatingReply.send(
        { request, reply, team: idempotencySpaceOf(caller) },
        () => this.uploads.keep(received, caller, received.isShared),
        async (upload) => {
          await this.uploads.record(upload);
          return { status: 201, headers: { location: mediaPath(upload.id) }, body: toUploadDto(upload) };
        },
      );
    } finally {
      await received.file.discard();
    }
  }
}
