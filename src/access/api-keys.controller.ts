import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CreatingReply } from '../http/creating-reply.service.js';
import { Operation } from '../http/operation.decorator.js';
import { pageQuerySchema } from '../http/schemas.dto.js';
import { CurrentCaller, RequiresScope } from './access.decorator.js';
import { apiKeyPageSchema, type CreateApiKey, createApiKeySchema, createdApiKeySchema, toApiKeyDto } from './api-key.dto.js';
import { ApiKeys } from './api-keys.service.js';
import type { Caller } from './caller.js';

@Controller('v1/api-keys')
@ApiTags('Access')
@ApiBearerAuth()
@RequiresScope('admin')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeys,
    private readonly creatingReply: CreatingReply,
  ) {}

  @Post()
  @Operation({
    summary: 'Make an API key for a team',
    description: 'The key is answered this once; only a hash of it is kept.',
    body: createApiKeySchema,
    answers: { 201: { description: 'The key was made.', schema: createdApiKeySchema } },
    isIdempotent: true,
  })
  create(
    @Body({ schema: createApiKeySchema }) body: CreateApiKey,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.creatingReply.send({ request, reply, team: caller.team }, async () => undefined, async () => {
      const expiresAt = body.expiresAt === undefined ? null : Date.parse(body.expiresAt);
      const { row, key } = await this.keys.create({ ...body, expiresAt });
      return { status: 201, headers: {}, body: { ...toApiKeyDto(row), key } };
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
    return { data: page.items.map(toApiKeyDto), page: { next: page.next } };
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
}
