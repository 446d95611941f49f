import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CurrentCaller, RequiresScope } from '../access/access.decorator.js';
import type { Caller } from '../access/caller.js';
import { Operation } from '../http/operation.decorator.js';
import { pageQuerySchema } from '../http/schemas.dto.js';
import { type ConversationDto, conversationPageSchema, type ConversationQuery, conversationQuerySchema, conversationSchema } from './conversation.dto.js';
import { Conversations } from './conversation/conversations.service.js';
import { messagePageSchema } from './message.dto.js';
import { MessageAnswers } from './message-answers.service.js';
import { MessageQueries } from './message/message-queries.service.js';

/** For the docs explorer. */
const CONVERSATION_PATH = { id: 'The conversation’s `id`, which *List conversations* answers.' };

@Controller('v1/conversations')
@ApiTags('Conversations')
@ApiBearerAuth()
@RequiresScope('messages:read')
export class ConversationsController {
  constructor(
    private readonly conversations: Conversations,
    private readonly queries: MessageQueries,
    private readonly answers: MessageAnswers,
  ) {}

  @Get()
  @Operation({
    summary: 'List conversations',
    query: conversationQuerySchema,
    answers: { 200: { description: 'The conversations, newest first, each with its reply window.', schema: conversationPageSchema } },
  })
  async list(@Query({ schema: conversationQuerySchema }) query: ConversationQuery, @CurrentCaller() caller: Caller): Promise<z.infer<typeof conversationPageSchema>> {
    const { limit, cursor, ...filter } = query;
    const page = await this.conversations.list(caller, filter, { limit, cursor });
    return { data: page.items.map((conversation) => this.answers.ofConversation(conversation)), page: { next: page.next } };
  }

  @Get(':id')
  @Operation({
    summary: 'Read a conversation',
    path: CONVERSATION_PATH,
    answers: { 200: { description: 'The conversation, with its reply window as it stands now.', schema: conversationSchema } },
    problems: ['conversation.not-found'],
  })
  async get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ConversationDto> {
    return this.answers.ofConversation(await this.conversations.get(caller, id));
  }

  @Get(':id/messages')
  @Operation({
    summary: 'List a conversation’s messages',
    path: CONVERSATION_PATH,
    query: pageQuerySchema,
    answers: { 200: { description: 'Its messages in both directions, newest first.', schema: messagePageSchema } },
    problems: ['conversation.not-found'],
  })
  async messages(
    @Param('id') id: string,
    @Query({ schema: pageQuerySchema }) query: z.infer<typeof pageQuerySchema>,
    @CurrentCaller() caller: Caller,
  ): Promise<z.infer<typeof messagePageSchema>> {
    const conversation = await this.conversations.get(caller, id);
    const page = await this.queries.list(caller, { conversationId: conversation.id }, query);
    return { data: await this.answers.ofMessages(page.items), page: { next: page.next } };
  }
}
