import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CreatingReply } from '../http/creating-reply.service.js';
import { Operation } from '../http/operation.decorator.js';
import { pageQuerySchema } from '../http/schemas.dto.js';
import { CurrentCaller, RequiresScope } from './access.decorator.js';
import { apiKeyPageSchema, type CreateApiKey, createApiKeySchema, createdApiKeySchema, toApiKeyDto } from './api-key.dto.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { KeyUses } from './key-uses.service.js';
import { ApiKeys } from './api-keys.service.js';
import { Problem } from '../kernel/problem.js';
import type { Caller } from './caller.js';

@Controller('v1/api-keys')
@ApiTags('Access')
@ApiBearerAuth()
@RequiresScope('admin')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeys,
    private readonly uses: KeyUses,
    private readonly channels: ChannelDirectory,
    private readonly creatingReply: CreatingReply,
  ) {}

  @Post()
  @Operation({
    summary: 'Make an API key for a team',
    description: 'The key is answered this once; only a hash of it is kept.',
    body: createApiKeySchema,
    answers: { 201: { description: 'The key was made.', schema: createdApiKeySchema } },
    problems: ['channel.not-found', 'access.admin-not-limited'],
    isIdempotent: true,
  })
  create(
    @Body({ schema: createApiKeySchema }) body: CreateApiKey,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.creatingReply.send({ request, reply, team: caller.team }, () => this.checkLimits(body), async () => {
      const expiresAt = body.expiresAt === undefined ? null : Date.parse(body.expiresAt);
      const { row, key } = await this.keys.create({ ...body, channelIds: body.channelIds ?? null, expiresAt });
      return { status: 201, headers: {}, body: { ...toApiKeyDto(row, null), key } };
    });
  }

  @Get()
  @Operation({
    summary: 'List the API keys',
    query: pageQuerySchema,
    answers: { 200: { description: 'The keys, newest first, without their secrets.', schema: apiKeyPageSchema } },
  })
  async list(@Query({ schema: pageQuerySchema }) query: z.infer<typeof pageQuerySchema>): Promise<z.infer<typeof apiKeyPageSchema>> {
    const page = await this.keys.list(query);
    return { data: page.items.map((row) => toApiKeyDto(row, this.uses.lastOf(row))), page: { next: page.next } };
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    summary: 'Revoke an API key',
    path: { id: 'The key’s `id`, which *List the API keys* answers; not the key itself.' },
    description: 'From the next request on, the key is refused.',
    answers: { 204: { description: 'The key is revoked.' } },
    problems: ['access.key-not-found'],
  })
  async revoke(@Param('id') id: string): Promise<void> {
    await this.keys.revoke(id);
  }

  /** The channels that a key is limited to are its team's; who manages all keys is limited to none. */
  private async checkLimits({ team, scopes, channelIds = [] }: CreateApiKey): Promise<void> {
    if (channelIds.length > 0 && scopes.includes('admin')) {
      throw new Problem('access.admin-not-limited', '`admin` is of the whole service and cannot be limited to channels.', { errors: [{ pointer: '/channelIds', code: 'invalid', detail: 'Leave it out, or `admin`.' }] });
    }
    await this.channels.assertOwn({ team, channelIds: null }, channelIds);
  }
}
