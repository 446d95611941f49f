import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CurrentCaller, RequiresScope } from '../../access/access.decorator.js';
import { type Caller, idempotencySpaceOf } from '../../access/caller.js';
import { CreatingReply } from '../../http/creating-reply.service.js';
import { Operation } from '../../http/operation.decorator.js';
import { pageQuerySchema } from '../../http/schemas.dto.js';
import { type CallbackDto, callbackPageSchema, callbackSchema, callbackWithSecretSchema, type CreateCallback, createCallbackSchema, type PatchCallback, patchCallbackSchema, toCallbackDto } from './callback.dto.js';
import { Callbacks } from './callbacks.service.js';

const PATH = { id: 'The callback’s `id`, which *List callbacks* answers.' };

@Controller('v1/callbacks')
@ApiTags('Callbacks')
@ApiBearerAuth()
export class CallbacksController {
  constructor(
    private readonly callbacks: Callbacks,
    private readonly creatingReply: CreatingReply,
  ) {}

  @Post()
  @RequiresScope('callbacks:write')
  @Operation({
    summary: 'Make a callback',
    description: 'From now on its address is told of these events, at least once each. The secret is answered this once.',
    body: createCallbackSchema,
    answers: { 201: { description: 'The callback was made.', schema: callbackWithSecretSchema, headers: { Location: 'Where the callback is.' } } },
    problems: ['channel.not-found', 'callback.url-not-allowed', 'callback.too-many'],
    isIdempotent: true,
  })
  create(
    @Body({ schema: createCallbackSchema }) body: CreateCallback,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.creatingReply.send({ request, reply, team: idempotencySpaceOf(caller) }, () => this.callbacks.check(caller, body), async () => {
      const { callback, secret } = await this.callbacks.create(caller, body);
      return { status: 201, headers: { location: `/v1/callbacks/${callback.id}` }, body: { ...toCallbackDto(callback), secret } };
    });
  }

  @Get()
  @RequiresScope('callbacks:read')
  @Operation({
    summary: 'List callbacks',
    query: pageQuerySchema,
    answers: { 200: { description: 'The callbacks, newest first.', schema: callbackPageSchema } },
  })
  async list(@Query({ schema: pageQuerySchema }) query: z.infer<typeof pageQuerySchema>, @CurrentCaller() caller: Caller): Promise<z.infer<typeof callbackPageSchema>> {
    const page = await this.callbacks.list(caller, query);
    return { data: page.items.map(toCallbackDto), page: { next: page.next } };
  }

  @Get(':id')
  @RequiresScope('callbacks:read')
  @Operation({ summary: 'Read a callback', path: PATH, answers: { 200: { description: 'The callback, without its secret.', schema: callbackSchema } }, problems: ['callback.not-found'] })
  async get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<CallbackDto> {
    return toCallbackDto(await this.callbacks.get(caller, id));
  }

  @Patch(':id')
  @RequiresScope('callbacks:write')
  @Operation({
    summary: 'Change a callback',
    path: PATH,
    description: 'What is not named stays. `enabled: false` switches it off: what is not delivered yet has failed.',
    body: patchCallbackSchema,
    answers: { 200: { description: 'The callback as it is now.', schema: callbackSchema } },
    problems: ['callback.not-found', 'channel.not-found', 'callback.url-not-allowed'],
  })
  async change(@Param('id') id: string, @Body({ schema: patchCallbackSchema }) body: PatchCallback, @CurrentCaller() caller: Caller): Promise<CallbackDto> {
    await this.callbacks.get(caller, id);
    await this.callbacks.check(caller, body);
    return toCallbackDto(await this.callbacks.change(caller, id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequiresScope('callbacks:write')
  @Operation({ summary: 'Remove a callback', path: PATH, answers: { 204: { description: 'It is told nothing any more.' } }, problems: ['callback.not-found'] })
  async remove(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.callbacks.remove(caller, id);
  }

  @Post(':id/rotate-secret')
  @RequiresScope('callbacks:write')
  @Operation({
    summary: 'Give a callback a new secret',
    path: PATH,
    description: 'The new secret is answered this once. For 24 hours every call is signed with both, so that the receiver can change at any moment.',
    answers: { 200: { description: 'The callback, with its new secret.', schema: callbackWithSecretSchema } },
    problems: ['callback.not-found'],
    isIdempotent: true,
  })
  rotateSecret(@Param('id') id: string, @CurrentCaller() caller: Caller, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return this.creatingReply.send({ request, reply, team: idempotencySpaceOf(caller) }, async () => undefined, async () => {
      const { callback, secret } = await this.callbacks.rotateSecret(caller, id);
      return { status: 200, headers: {}, body: { ...toCallbackDto(callback), secret } };
    });
  }
}
