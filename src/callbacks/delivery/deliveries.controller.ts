import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CurrentCaller, RequiresScope } from '../../access/access.decorator.js';
import type { Caller } from '../../access/caller.js';
import { Operation } from '../../http/operation.decorator.js';
import { Clock } from '../../kernel/clock.js';
import { Deliveries } from './deliveries.service.js';
import { type DeliveryDto, deliveryPageSchema, type DeliveryQuery, deliveryQuerySchema, deliverySchema, redeliveredSchema, type RedeliverRange, redeliverRangeSchema, toDeliveryDto } from './delivery.dto.js';
import { Redeliveries } from './redeliveries.service.js';
import { TestDeliveries } from './test-deliveries.service.js';

const DELIVERY_PATH = { id: 'The delivery’s `id`, which *List deliveries* answers.' };
const CALLBACK_PATH = { id: 'The callback’s `id`, which *List callbacks* answers.' };

@Controller('v1')
@ApiTags('Callbacks')
@ApiBearerAuth()
export class DeliveriesController {
  constructor(
    private readonly deliveries: Deliveries,
    private readonly redeliveries: Redeliveries,
    private readonly tests: TestDeliveries,
    private readonly clock: Clock,
  ) {}

  @Get('deliveries')
  @RequiresScope('callbacks:read')
  @Operation({
    summary: 'List deliveries',
    description: 'Newest first. What was given up is here too (`status=failed`), until its retention ends.',
    query: deliveryQuerySchema,
    answers: { 200: { description: 'The deliveries, each with its attempts.', schema: deliveryPageSchema } },
  })
  async list(@Query({ schema: deliveryQuerySchema }) query: DeliveryQuery, @CurrentCaller() caller: Caller): Promise<z.infer<typeof deliveryPageSchema>> {
    const { limit, cursor, ...filter } = query;
    const page = await this.deliveries.list(caller, filter, { limit, cursor });
    return { data: page.items.map(toDeliveryDto), page: { next: page.next } };
  }

  @Get('deliveries/:id')
  @RequiresScope('callbacks:read')
  @Operation({ summary: 'Read a delivery', path: DELIVERY_PATH, answers: { 200: { description: 'The delivery with its attempts.', schema: deliverySchema } }, problems: ['delivery.not-found'] })
  async get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<DeliveryDto> {
    return toDeliveryDto(await this.deliveries.get(caller, id));
  }

  @Post('deliveries/:id/redeliver')
  @HttpCode(202)
  @RequiresScope('callbacks:write')
  @Operation({
    summary: 'Deliver an event again',
    path: DELIVERY_PATH,
    description: 'Whatever came of it before, also after a success. The `webhook-id` stays the same.',
    answers: { 202: { description: 'It is on its way again.', schema: deliverySchema } },
    problems: ['delivery.not-found', 'callback.not-found', 'callback.disabled'],
  })
  async redeliver(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<DeliveryDto> {
    return toDeliveryDto(await this.redeliveries.redeliver(caller, id));
  }

  @Post('callbacks/:id/redeliveries')
  @HttpCode(202)
  @RequiresScope('callbacks:write')
  @Operation({
    summary: 'Deliver what a callback missed',
    path: CALLBACK_PATH,
    description: 'Of the events of a time, those whose delivery failed and those of which the callback was never told, because it was off for example. Repeating it is harmless.',
    body: redeliverRangeSchema,
    answers: { 202: { description: 'They are on their way.', schema: redeliveredSchema } },
    problems: ['callback.not-found', 'callback.disabled'],
  })
  async redeliverRange(@Param('id') id: string, @Body({ schema: redeliverRangeSchema }) body: RedeliverRange, @CurrentCaller() caller: Caller): Promise<z.infer<typeof redeliveredSchema>> {
    const until = body.until === undefined ? this.clock.now() : Date.parse(body.until);
    return { redelivered: await this.redeliveries.redeliverRange(caller, id, Date.parse(body.since), until) };
  }

  @Post('callbacks/:id/test')
  @HttpCode(200)
  @RequiresScope('callbacks:write')
  @Operation({
    summary: 'Try a callback',
    path: CALLBACK_PATH,
    description: 'Calls it now with an event of type `callback.test`, signed as all are, and answers what came of it. It may take as long as a receiver may: 15 seconds.',
    answers: { 200: { description: 'The delivery, with what the receiver answered.', schema: deliverySchema } },
    problems: ['callback.not-found'],
  })
  async test(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<DeliveryDto> {
    return toDeliveryDto(await this.tests.send(caller, id));
  }
}
