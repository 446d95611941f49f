import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, RequiresScope } from '../access/access.decorator.js';
import type { Caller } from '../access/caller.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { Operation } from '../http/operation.decorator.js';
import { UsageAnswers } from './usage-answers.service.js';
import { type ChannelUsageDto, type UsageQuery, usageQuerySchema, usageSchema } from './usage.dto.js';

@Controller('v1/channels/:id/usage')
@ApiTags('Channels')
@ApiBearerAuth()
export class UsageController {
  constructor(
    private readonly directory: ChannelDirectory,
    private readonly answers: UsageAnswers,
  ) {}

  @Get()
  @RequiresScope('channels:read')
  @Operation({
    summary: 'Read what a channel costs at X',
    description:
      'What X may charge for, counted by day, with X’s published prices (`config/prices.yaml`). An estimate: X’s console has the bill. Days are UTC’s; 92 at most in one answer, and what is older than 400 days is forgotten.',
    path: { id: 'The channel’s `id`, which *List your channels* answers.' },
    query: usageQuerySchema,
    answers: { 200: { description: 'Counts and estimated money.', schema: usageSchema } },
    problems: ['channel.not-found', 'usage.days-not-answerable'],
  })
  async get(@Param('id') id: string, @Query({ schema: usageQuerySchema }) query: UsageQuery, @CurrentCaller() caller: Caller): Promise<ChannelUsageDto> {
    return this.answers.of(await this.directory.get(caller, id), query);
  }
}
