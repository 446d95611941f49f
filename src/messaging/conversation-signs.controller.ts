import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, RequiresScope } from '../access/access.decorator.js';
import type { Caller } from '../access/caller.js';
import { Operation } from '../http/operation.decorator.js';
import type { ProblemCode } from '../kernel/problem-code.js';
import { ConversationSigns } from './conversation/conversation-signs.service.js';

/** For the docs explorer. */
const CONVERSATION_PATH = { id: 'The conversation’s `id`, which *List conversations* answers.' };
const PROBLEMS: ProblemCode[] = ['conversation.not-found', 'channel.not-found', 'channel.not-supported', 'channel.credentials-rejected', 'message.participant-not-found', 'x.unavailable', 'x.rate-limited', 'x.unexpected-answer'];

@Controller('v1/conversations')
@ApiTags('Conversations')
@ApiBearerAuth()
@RequiresScope('messages:send')
export class ConversationSignsController {
  constructor(private readonly signs: ConversationSigns) {}

  @Post(':id/typing')
  @HttpCode(204)
  @Operation({
    summary: 'Show that somebody is typing',
    description: 'X shows it to the participant for about 3 seconds, and ends it with the next message. Repeat it while somebody types. It counts towards no reply and no rate limit of messages. Where the channel’s `messagesApi` is `v1.1`.',
    path: CONVERSATION_PATH,
    answers: { 204: { description: 'X shows it.' } },
    problems: PROBLEMS,
  })
  async typing(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.signs.showTyping(caller, id);
  }

  @Post(':id/read')
  @HttpCode(204)
  @Operation({
    summary: 'Mark a conversation as read',
    description: 'Tells X, and so the participant, that their messages are read, up to the newest that the service has. Repeating it is harmless. Where the channel’s `messagesApi` is `v1.1`.',
    path: CONVERSATION_PATH,
    answers: { 204: { description: 'X knows that they are read, or there is nothing to read.' } },
    problems: PROBLEMS,
  })
  async read(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.signs.markRead(caller, id);
  }
}
