import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CurrentCaller, RequiresScope } from '../access/access.decorator.js';
import type { Caller } from '../access/caller.js';
import { Operation } from '../http/operation.decorator.js';
import { type MessageDto, messageSchema } from './message.dto.js';
import { MessageAnswers } from './message-answers.service.js';
import { MessageTimelines } from './message/message-timelines.service.js';
import { Cancellations } from './outbox/cancellations.service.js';
import { type MessageResolution, resolutionSchema, timelineSchema, toTimelineDto } from './timeline.dto.js';
import { Resolutions } from './unknown/resolutions.service.js';

const MESSAGE_PATH = { id: 'The message’s `id`, which *Send a message* and *List messages* answer.' };

/** What becomes of one message. */
@Controller('v1/messages/:id')
@ApiTags('Messages')
@ApiBearerAuth()
export class MessageOutcomeController {
  constructor(
    private readonly timelines: MessageTimelines,
    private readonly cancellations: Cancellations,
    private readonly resolutions: Resolutions,
    private readonly answers: MessageAnswers,
  ) {}

  @Get('attempts')
  @RequiresScope('messages:read')
  @Operation({
    summary: 'Read a message’s timeline',
    description: 'Everything that happened to the message, oldest first: accepted, charged, held, each attempt with X’s answer, and what settled it.',
    path: MESSAGE_PATH,
    answers: { 200: { description: 'The timeline.', schema: timelineSchema } },
    problems: ['message.not-found'],
  })
  async timeline(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<z.infer<typeof timelineSchema>> {
    return toTimelineDto(await this.timelines.get(caller, id));
  }

  @Delete()
  @HttpCode(204)
  @RequiresScope('messages:send')
  @Operation({
    summary: 'Cancel a message',
    description: 'Takes back a message that is queued or held. After the answer X is never given it, and what it took of the reply window or the limits is free again.',
    path: MESSAGE_PATH,
    answers: { 204: { description: 'Cancelled, now or before.' } },
    problems: ['message.not-found', 'message.already-sent'],
  })
  async cancel(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.cancellations.cancel(caller, id);
  }

  @Post('resolution')
  @HttpCode(200)
  @RequiresScope('messages:send')
  @Operation({
    summary: 'Resolve an unknown message',
    description: 'Says what became of a message of which nobody knows whether X took it, once somebody has looked. It is never sent again by this service. If X tells of the message later, X’s word replaces this one.',
    path: MESSAGE_PATH,
    body: resolutionSchema,
    answers: { 200: { description: 'The message, settled.', schema: messageSchema } },
    problems: ['message.not-found', 'message.not-unknown'],
  })
  async resolve(@Param('id') id: string, @Body({ schema: resolutionSchema }) body: MessageResolution, @CurrentCaller() caller: Caller): Promise<MessageDto> {
    const [answer] = await this.answers.ofMessages([await this.resolutions.resolve(caller, id, body.outcome)]);
    return answer as MessageDto;
  }
}
