import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, RequiresScope } from '../../access/access.decorator.js';
import type { Caller } from '../../access/caller.js';
import { Operation } from '../../http/operation.decorator.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import { ChannelConnection } from '../connection/channel-connection.service.js';
import { type ChannelHealthDto, channelHealthSchema } from './channel-health.dto.js';
import { HealthAnswers } from './health-answers.service.js';

/** For the docs explorer. */
const CHANNEL_PATH = { id: 'The channel’s `id`, which *List your channels* answers.' };

@Controller('v1/channels/:id')
@ApiTags('Channels')
@ApiBearerAuth()
export class ChannelHealthController {
  constructor(
    private readonly directory: ChannelDirectory,
    private readonly connection: ChannelConnection,
    private readonly answers: HealthAnswers,
  ) {}

  @Get('health')
  @RequiresScope('channels:read')
  @Operation({
    summary: 'See whether a channel is alive',
    description: 'What the last checks found, and what to do about each that failed. Asks X nothing.',
    path: CHANNEL_PATH,
    answers: { 200: { description: 'The channel’s health.', schema: channelHealthSchema } },
    problems: ['channel.not-found'],
  })
  async health(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ChannelHealthDto> {
    return this.answers.of(await this.directory.get(caller, id));
  }

  @Post('checks')
  @HttpCode(200)
  @RequiresScope('channels:write')
  @Operation({
    summary: 'Check a channel now',
    description: 'Makes the scheduled checks at once and repairs what they can; what they found is answered. A channel that was never connected, or that you disconnected, is only looked at. One that is revoked is asked about again.',
    path: CHANNEL_PATH,
    answers: { 200: { description: 'The channel’s health after the checks.', schema: channelHealthSchema } },
    problems: ['channel.not-found'],
  })
  async check(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ChannelHealthDto> {
    const channel = await this.directory.get(caller, id);
    await this.connection.repair(channel.id);
    return this.answers.of(await this.directory.get(caller, id));
  }
}
