import { Controller, Delete, HttpCode, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, RequiresScope } from '../access/access.decorator.js';
import type { Caller } from '../access/caller.js';
import { Operation } from '../http/operation.decorator.js';
import { ParticipantErasure } from './participant-erasure.service.js';

@Controller('v1/participants')
@ApiTags('Conversations')
@ApiBearerAuth()
export class ParticipantsController {
  constructor(private readonly erasure: ParticipantErasure) {}

  @Delete(':channelId/:number')
  @HttpCode(204)
  @RequiresScope('channels:write')
  @Operation({
    summary: 'Erase a participant',
    path: { channelId: 'The channel’s `id`.', number: 'The participant’s X user id.' },
    description:
      'All that is kept of the person with this channel goes: messages in both directions, the conversation, events and deliveries that tell of them, X’s events as they came. What X tells of the time before is not taken in again. It cannot be undone; X keeps what it has.',
    answers: { 204: { description: 'Nothing of the participant is left.' } },
    problems: ['request.invalid', 'channel.not-found', 'participant.message-under-way'],
  })
  async erase(@Param('channelId') channelId: string, @Param('number') number: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.erasure.erase(caller, channelId, number);
  }
}
