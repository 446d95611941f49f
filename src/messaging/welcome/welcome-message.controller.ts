import { Body, Controller, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, RequiresScope } from '../../access/access.decorator.js';
import type { Caller } from '../../access/caller.js';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { Operation } from '../../http/operation.decorator.js';
import { toTimestamp } from '../../kernel/clock.js';
import type { ProblemCode } from '../../kernel/problem-code.js';
import { type WelcomeMessageBody, welcomeMessageBodySchema, type WelcomeMessageDto, welcomeMessageSchema } from './welcome-message.dto.js';
import { WelcomeMessages } from './welcome-messages.service.js';

/** For the docs explorer. */
const CHANNEL_PATH = { id: 'The channel’s `id`, which *List your channels* answers.' };
const X_PROBLEMS: ProblemCode[] = ['channel.not-found', 'channel.not-supported', 'channel.credentials-rejected', 'service.unavailable', 'x.unavailable', 'x.rate-limited', 'x.unexpected-answer'];

@Controller('v1/channels/:id/welcome-message')
@ApiTags('Channels')
@ApiBearerAuth()
export class WelcomeMessageController {
  constructor(
    private readonly directory: ChannelDirectory,
    private readonly welcomeMessages: WelcomeMessages,
  ) {}

  @Get()
  @RequiresScope('channels:read')
  @Operation({
    summary: 'Read a channel’s welcome message',
    description: 'As this service has given it to X. One that was made elsewhere is not known here.',
    path: CHANNEL_PATH,
    answers: { 200: { description: 'The welcome message.', schema: welcomeMessageSchema } },
    problems: ['channel.not-found', 'channel.no-welcome-message'],
  })
  async get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<WelcomeMessageDto> {
    return toDto(await this.welcomeMessages.get(await this.directory.get(caller, id)));
  }

  @Put()
  @HttpCode(200)
  @RequiresScope('channels:write')
  @Operation({
    summary: 'Set a channel’s welcome message',
    description:
      'X shows it to people who open a conversation with the account for the first time, come back to one that they left, or after 7 days of silence. The account must receive messages from anyone. It takes the place of the one before; repeating it is harmless. Delete it before you delete the channel. Where the channel’s `messagesApi` is `v1.1`.',
    path: CHANNEL_PATH,
    body: welcomeMessageBodySchema,
    answers: { 200: { description: 'X shows it.', schema: welcomeMessageSchema } },
    problems: X_PROBLEMS,
  })
  async set(@Param('id') id: string, @Body({ schema: welcomeMessageBodySchema }) body: WelcomeMessageBody, @CurrentCaller() caller: Caller): Promise<WelcomeMessageDto> {
    return toDto(await this.welcomeMessages.set(await this.directory.get(caller, id), body));
  }

  @Delete()
  @HttpCode(204)
  @RequiresScope('channels:write')
  @Operation({
    summary: 'Take a channel’s welcome message away',
    description: 'At X too. Repeating it is harmless.',
    path: CHANNEL_PATH,
    answers: { 204: { description: 'X shows none of this service any more.' } },
    problems: X_PROBLEMS,
  })
  async remove(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.welcomeMessages.remove(await this.directory.get(caller, id));
  }
}

function toDto({ channelId, content, xWelcomeMessageId, updatedAt }: Awaited<ReturnType<WelcomeMessages['get']>>): WelcomeMessageDto {
  return { channelId, ...content, xWelcomeMessageId, updatedAt: toTimestamp(updatedAt) };
}
