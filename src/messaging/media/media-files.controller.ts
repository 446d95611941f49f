import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentCaller, RequiresScope } from '../../access/access.decorator.js';
import type { Caller } from '../../access/caller.js';
import { Operation } from '../../http/operation.decorator.js';
import { sendMedia } from '../../media/media-answer.service.js';
import { MessageMedia } from './message-media.service.js';

@Controller('v1/media')
@ApiTags('Messages')
@ApiBearerAuth()
export class MediaFilesController {
  constructor(private readonly media: MessageMedia) {}

  @Get(':id')
  @RequiresScope('messages:read')
  @ApiHeader({ name: 'Range', required: false, description: 'The part that is wanted, such as `bytes=0-1023`.', schema: { type: 'string' } })
  @Operation({
    summary: 'Read media',
    description: 'The bytes of an upload, or of what a participant has sent: `content.media.url` of a message leads here. What X has is fetched from X when it is asked for first, with the channel’s own tokens, and kept for a while.',
    path: { id: 'An upload’s `id`, or `content.media.id` of a message.' },
    answers: {
      200: { description: 'The file. `Content-Type` is told by its bytes.', isFile: true },
      206: { description: 'The part that `Range` asks for.', isFile: true, headers: { 'Content-Range': 'Which bytes, and how many there are.' } },
    },
    problems: ['media.not-found', 'media.range-not-satisfiable', 'media.elsewhere', 'media.no-room'],
  })
  async read(@Param('id') id: string, @CurrentCaller() caller: Caller, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendMedia(request, reply, await this.media.open(caller, id));
  }
}
