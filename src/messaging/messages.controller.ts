import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CurrentCaller, RequiresScope } from '../access/access.decorator.js';
import type { Caller } from '../access/caller.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { CreatingReply } from '../http/creating-reply.service.js';
import { Operation } from '../http/operation.decorator.js';
import { type MessageDto, messagePageSchema, type MessageQuery, messageQuerySchema, messageSchema, type SendMessage, sendMessageSchema } from './message.dto.js';
import { MessageAnswers } from './message-answers.service.js';
import { ACCEPTED_MESSAGE_EXAMPLE } from './message-examples.js';
import { MessageQueries } from './message-queries.service.js';
import { OutgoingMessages } from './outgoing-messages.service.js';

@Controller('v1/messages')
@ApiTags('Messages')
@ApiBearerAuth()
export class MessagesController {
  constructor(
    private readonly outgoing: OutgoingMessages,
    private readonly queries: MessageQueries,
    private readonly answers: MessageAnswers,
    private readonly channels: ChannelDirectory,
    private readonly creatingReply: CreatingReply,
  ) {}

  @Post()
  @RequiresScope('messages:send')
  @Operation({
    summary: 'Send a message',
    description:
      'Accepted means stored: the message is handed to X at most once, after those accepted before it for the same participant. `window` already counts it. Send an `Idempotency-Key`, so that repeating the request does not send twice.',
    body: sendMessageSchema,
    answers: {
      202: {
        description: 'Accepted.',
        schema: messageSchema,
        example: ACCEPTED_MESSAGE_EXAMPLE,
        headers: { Location: 'Where the message is.', 'RateLimit-Policy': 'The reply window’s allotment and length.', RateLimit: 'The free replies left, and the seconds until the window closes.' },
      },
    },
    problems: ['request.id-must-be-string', 'channel.not-found', 'message.window-closed', 'message.allotment-used', 'message.participant-not-found', 'x.unavailable'],
    isIdempotent: true,
  })
  send(
    @Body({ schema: sendMessageSchema }) body: SendMessage,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.creatingReply.send(
      { request, reply, team: caller.team },
      async () => {
        const channel = await this.channels.getByAccount(caller.team, body.from);
        return { channel, participant: await this.outgoing.findParticipant(channel, body.to) };
      },
      async ({ channel, participant }) => {
        const { message, conversation } = await this.outgoing.accept(channel, participant, body);
        const headers = { location: `/v1/messages/${message.id}`, ...this.answers.rateLimitHeaders(conversation, channel) };
        return { status: 202, headers, body: this.answers.ofMessage(message, conversation, channel) };
      },
    );
  }

  @Get()
  @RequiresScope('messages:read')
  @Operation({
    summary: 'List messages',
    description: 'Both directions, newest first.',
    query: messageQuerySchema,
    answers: { 200: { description: 'The messages.', schema: messagePageSchema } },
  })
  async list(@Query({ schema: messageQuerySchema }) query: MessageQuery, @CurrentCaller() caller: Caller): Promise<z.infer<typeof messagePageSchema>> {
    const { limit, cursor, ...filter } = query;
    const page = await this.queries.list(caller.team, filter, { limit, cursor });
    return { data: await this.answers.ofMessages(page.items), page: { next: page.next } };
  }

  @Get(':id')
  @RequiresScope('messages:read')
  @Operation({
    summary: 'Read a message',
    path: { id: 'The message’s `id`, which *Send a message* and *List messages* answer.' },
    answers: { 200: { description: 'The message, with its window as it stands now.', schema: messageSchema } },
    problems: ['message.not-found'],
  })
  async get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<MessageDto> {
    const [answer] = await this.answers.ofMessages([await this.queries.get(caller.team, id)]);
    return answer as MessageDto;
  }
}
