import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CurrentCaller, RequiresScope } from '../access/access.decorator.js';
import { AuditLog } from '../access/audit-log.service.js';
import { assertMakesChannels, type Caller, idempotencySpaceOf } from '../access/caller.js';
import { CreatingReply } from '../http/creating-reply.service.js';
import { Operation } from '../http/operation.decorator.js';
import { ChannelAnswers } from './channel-answers.service.js';
import {
  CHANNEL_EXAMPLE,
  type ChannelDto,
  channelPageSchema,
  channelQuerySchema,
  channelSchema,
  connectChannelSchema,
  type CreateChannel,
  createChannelSchema,
  type PatchChannel,
  patchChannelSchema,
} from './channel.dto.js';
import { ChannelConnection } from './connection/channel-connection.service.js';
import { ChannelCredentials } from './credentials/channel-credentials.service.js';
import { ChannelDirectory } from './channel-directory.service.js';
import { Channels } from './channels.service.js';

/** For the docs explorer. */
const CHANNEL_PATH = { id: 'The channel’s `id`, which *List your channels* answers.' };

@Controller('v1/channels')
@ApiTags('Channels')
@ApiBearerAuth()
export class ChannelsController {
  constructor(
    private readonly audit: AuditLog,
    private readonly channels: Channels,
    private readonly directory: ChannelDirectory,
    private readonly credentials: ChannelCredentials,
    private readonly connection: ChannelConnection,
    private readonly answers: ChannelAnswers,
    private readonly creatingReply: CreatingReply,
  ) {}

  @Post()
  @RequiresScope('channels:write')
  @Operation({
    summary: 'Create a channel for an X account',
    description: 'The credentials are tried on X before anything is stored. They are sealed at rest and never answered again.',
    body: createChannelSchema,
    answers: { 201: { description: 'The channel, not yet connected.', schema: channelSchema, example: { ...CHANNEL_EXAMPLE, status: 'pending' }, headers: { Location: 'Where the channel is.' } } },
    problems: ['access.channel-limited', 'channel.account-taken', 'channel.credentials-rejected', 'channel.direct-messages-not-permitted', 'x.unavailable', 'x.rate-limited', 'x.unexpected-answer'],
    isIdempotent: true,
  })
  create(
    @Body({ schema: createChannelSchema }) body: CreateChannel,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.creatingReply.send(
      { request, reply, team: idempotencySpaceOf(caller) },
      () => {
        assertMakesChannels(caller);
        return this.credentials.tryOnX(body);
      },
      async (account) => {
        const channel = await this.channels.create({ ...body, team: caller.team, isDeclaredInConfig: false }, account);
        const headers = { location: `/v1/channels/${channel.id}` };
        return { status: 201, headers, body: this.answers.ofNew(channel) };
      },
    );
  }

  @Get()
  @RequiresScope('channels:read')
  @Operation({
    summary: 'List your channels',
    query: channelQuerySchema,
    answers: { 200: { description: 'The channels, newest first.', schema: channelPageSchema } },
  })
  async list(
    @Query({ schema: channelQuerySchema }) query: z.infer<typeof channelQuerySchema>,
    @CurrentCaller() caller: Caller,
  ): Promise<z.infer<typeof channelPageSchema>> {
    const page = await this.directory.list(caller, query);
    return { data: await this.answers.ofMany(page.items), page: { next: page.next } };
  }

  @Get(':id')
  @RequiresScope('channels:read')
  @Operation({
    summary: 'Read a channel',
    path: CHANNEL_PATH,
    answers: { 200: { description: 'The channel, without its secrets.', schema: channelSchema } },
    problems: ['channel.not-found'],
  })
  async get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ChannelDto> {
    return this.answers.of(await this.directory.get(caller, id));
  }

  @Patch(':id')
  @RequiresScope('channels:write')
  @Operation({
    summary: 'Change a channel',
    path: CHANNEL_PATH,
    description: 'New credentials are tried on X first and must be those of the same account; nothing that was received or sent is lost.',
    body: patchChannelSchema,
    answers: { 200: { description: 'The changed channel.', schema: channelSchema } },
    problems: [
      'channel.not-found',
      'channel.declared-in-config',
      'channel.different-account',
      'channel.environment-missing',
      'channel.credentials-rejected',
      'channel.direct-messages-not-permitted',
      'x.unavailable',
    ],
  })
  async patch(
    @Param('id') id: string,
    @Body({ schema: patchChannelSchema }) body: PatchChannel,
    @CurrentCaller() caller: Caller,
  ): Promise<ChannelDto> {
    return this.answers.of(await this.channels.patch(caller, id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequiresScope('channels:write')
  @Operation({
    summary: 'Delete a channel',
    path: CHANNEL_PATH,
    description: 'Ends the subscription at X first. The messages stay readable until their retention ends.',
    answers: { 204: { description: 'The channel and its secrets are gone.' } },
    problems: ['channel.not-found', 'channel.declared-in-config', 'x.unavailable'],
  })
  async remove(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.channels.remove(caller, id);
  }

  @Post(':id/connect')
  @HttpCode(200)
  @RequiresScope('channels:write')
  @Operation({
    summary: 'Connect a channel with X',
    path: CHANNEL_PATH,
    description: 'Registers the webhook, or adopts the one that has our address, passes X’s challenge and subscribes the account. Repeating it is harmless.',
    body: connectChannelSchema,
    answers: { 200: { description: 'The connected channel.', schema: channelSchema } },
    problems: [
      'channel.not-found',
      'channel.public-url-missing',
      'channel.webhook-occupied',
      'channel.environment-not-found',
      'channel.webhook-url-rejected',
      'channel.webhook-unreachable',
      'channel.webhook-too-slow',
      'channel.webhook-crc-rejected',
      'channel.subscription-not-permitted',
      'channel.access-level-insufficient',
      'channel.credentials-rejected',
      'x.unavailable',
      'x.rate-limited',
      'x.unexpected-answer',
    ],
  })
  @ApiBody({ required: false })
  async connect(
    @Param('id') id: string,
    @Body({ schema: connectChannelSchema.optional() }) body: z.infer<typeof connectChannelSchema> | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<ChannelDto> {
    const channel = await this.directory.get(caller, id);
    await this.connection.connect(channel, { takeOver: body?.takeOver ?? false });
    await this.audit.note('channel.connected', id, body?.takeOver === true ? ['takeOver'] : []);
    return this.answers.of(await this.directory.get(caller, id));
  }

  @Post(':id/disconnect')
  @HttpCode(200)
  @RequiresScope('channels:write')
  @Operation({
    summary: 'Disconnect a channel from X',
    path: CHANNEL_PATH,
    description: 'Ends the subscription; X sends nothing more for this account.',
    answers: { 200: { description: 'The disconnected channel.', schema: channelSchema, example: { ...CHANNEL_EXAMPLE, status: 'disconnected' } } },
    problems: ['channel.not-found', 'x.unavailable'],
  })
  async disconnect(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ChannelDto> {
    const channel = await this.directory.get(caller, id);
    await this.connection.disconnect(channel);
    await this.audit.note('channel.disconnected', id);
    return this.answers.of(await this.directory.get(caller, id));
  }
}
