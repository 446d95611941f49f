import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, RequiresScope } from '../access/access.decorator.js';
import type { Caller } from '../access/caller.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { Reader } from '../database/reader.service.js';
import { Operation } from '../http/operation.decorator.js';
import { LimitBook } from './limit-book.service.js';
import { toLimitView } from './limit-view.js';
import { type ChannelLimits, channelLimitsSchema } from './limits.dto.js';

@Controller('v1/channels/:id/limits')
@ApiTags('Channels')
@ApiBearerAuth()
export class LimitsController {
  constructor(
    private readonly directory: ChannelDirectory,
    private readonly book: LimitBook,
    private readonly reader: Reader,
  ) {}

  @Get()
  @RequiresScope('channels:read')
  @Operation({
    summary: 'Read a channel’s limits',
    description: 'X’s limits on sends beyond the reply windows, as they stand now: what this service has counted, corrected downwards by what X said.',
    path: { id: 'The channel’s `id`, which *List your channels* answers.' },
    answers: { 200: { description: 'The limits.', schema: channelLimitsSchema } },
    problems: ['channel.not-found'],
  })
  async get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ChannelLimits> {
    const channel = await this.directory.get(caller, id);
    const { states } = await this.book.read(this.reader.manager, await this.book.partiesOf(channel));
    return { profile: channel.messagesApi, limits: states.map(toLimitView) };
  }
}
