import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CurrentCaller, RequiresScope } from '../access/access.decorator.js';
import { type Caller, idempotencySpaceOf } from '../access/caller.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { CreatingReply } from '../http/creating-reply.service.js';
import { Operation } from '../http/operation.decorator.js';
import { type CheckedSend, checkedSendSchema } from './check.dto.js';
import { type MessageDto, messagePageSchema, type MessageQuery, messageQuerySchema, messageSchema, type SendMessage, sendMessageSchema } from './message.dto.js';
import { MessageAnswers } from './message-answers.service.js';
import { ACCEPTED_MESSAGE_EXAMPLE } from './message-examples.js';
import { MessageQueries } from './message/message-queries.service.js';
import { OutgoingContent } from './acceptance/outgoing-content.service.js';
import { OutgoingMessages } from './acceptance/outgoing-messages.service.js';
import { SendCheck } from './acceptance/send-check.service.js';

@Controller('v1/messages')
@ApiTags('Messages')
@ApiBearerAuth()
export class MessagesController {
  constructor(
    private readonly content: OutgoingContent,
    private readonly outgoing: OutgoingMessages,
    private readonly sendCheck: SendCheck,
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
        headers: { Location: 'Where the message is.', 'RateLimit-Policy': 'The allotment and length of the reply window, then of each of X’s limits.', RateLimit: 'What is left of each, and the seconds until it closes or a place comes free.' },
      },
    },
    problems: ['request.id-must-be-string', 'channel.not-found', 'channel.not-supported', 'message.window-closed', 'message.allotment-used', 'message.cannot-start-conversation', 'message.participant-not-found', 'media.not-found', 'media.source-missing', 'media.source-not-allowed', 'media.source-failed', 'media.too-large', 'media.type-not-supported', 'media.no-room', 'x.unavailable'],
    isIdempotent: true,
  })
  send(
    @Body({ schema: sendMessageSchema }) body: SendMessage,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.creatingReply.sendKept({ request, reply, team: idempotencySpaceOf(caller) }, async (keep) => {
      const channel = await this.channels.getByAccount(caller, body.from);
      const participant = await this.outgoing.findParticipant(channel, body.to);
      const wanted = await this.content.of(caller, body);
      return this.outgoing.accept(channel, participant, wanted, ({ message, conversation, limits }) => {
        const headers = { location: `/v1/messages/${message.id}`, ...this.answers.rateLimitHeaders(conversation, channel, limits) };
        return keep({ status: 202, headers, body: this.answers.ofMessage(message, conversation, channel) });
      });
    });
  }

  @Post('check')
  @HttpCode(200)
  @RequiresScope('messages:send')
  @Operation({
    summary: 'Check a send',
    description: 'Decides as a send with the same body would, at this moment: whether it may, at what charge, and if not, when. It sends and stores no message. Where the participant never wrote, X is asked as for a send.',
    body: sendMessageSchema,
    answers: { 200: { description: 'What the send would come to.', schema: checkedSendSchema } },
    problems: ['request.id-must-be-string', 'channel.not-found', 'channel.not-supported', 'message.participant-not-found', 'media.not-found', 'media.source-missing', 'media.source-not-allowed', 'media.source-failed', 'media.too-large', 'media.type-not-supported', 'x.unavailable'],
  })
  async check(@Body({ schema: sendMessageSchema }) body: SendMessage, @CurrentCaller() caller: Caller): Promise<CheckedSend> {
    const channel = await this.channels.getByAccount(caller, body.from);
    return this.sendCheck.check(channel, await this.outgoing.findParticipant(channel, body.to), await this.content.check(caller, body));
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
    const page = await this.queries.list(caller, filter, { limit, cursor });
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
    const [answer] = await this.answers.ofMessages([await this.queries.get(caller, id)]);
    return answer as MessageDto;
  }
}
