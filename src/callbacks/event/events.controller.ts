import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentCaller, RequiresScope } from '../../access/access.decorator.js';
import { type Caller, seesChannel } from '../../access/caller.js';
import { Operation } from '../../http/operation.decorator.js';
import { EventFeed } from './event-feed.service.js';
import { EventStreams } from './event-streams.service.js';
import { eventPageSchema, type EventQuery, eventQuerySchema, toEventBody } from './event.dto.js';

const STREAM_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };

@Controller('v1/events')
@ApiTags('Events')
@ApiBearerAuth()
@RequiresScope('messages:read')
export class EventsController {
  constructor(
    private readonly feed: EventFeed,
    private readonly streams: EventStreams,
  ) {}

  @Get()
  @Operation({
    summary: 'Read the event feed',
    description:
      'What callbacks are told, to pull: oldest first, kept 7 days. Read on with `after`, the `id` of the last event that you have: nothing is left out and nothing comes twice. With `Accept: text/event-stream` the answer is a live stream that goes on from `Last-Event-ID` or `after`, and without either begins with what comes next.',
    query: eventQuerySchema,
    answers: { 200: { description: 'The events, oldest first.', schema: eventPageSchema } },
    problems: ['event.not-found', 'service.unavailable'],
  })
  async read(
    @Query({ schema: eventQuerySchema }) query: EventQuery,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asked = query.channelId === undefined ? caller.channelIds : [query.channelId].filter((id) => seesChannel(caller, id));
    const reader = { team: caller.team, channelIds: asked };
    if (!wantsStream(request)) {
      const after = query.after === undefined ? 0 : await this.feed.positionOf(caller, query.after);
      const events = await this.feed.listAfter(reader, after, query.limit + 1);
      const data = events.slice(0, query.limit);
      const next = events.length > query.limit ? (data.at(-1)?.id ?? null) : null;
      return void reply.send({ data: data.map(toEventBody), page: { next } });
    }
    this.streams.assertRoom(caller.team);
    const header = request.headers['last-event-id'];
    const lastId = typeof header === 'string' && header !== '' ? header : query.after;
    const after = lastId === undefined ? await this.feed.lastPosition() : await this.feed.positionOf(caller, lastId);
    void reply.hijack();
    reply.raw.writeHead(200, { ...definedHeaders(reply), ...STREAM_HEADERS });
    await this.streams.follow({ ...reader, keyId: caller.keyId }, after, reply.raw);
  }
}

function wantsStream(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').split(',').some((type) => type.trim().toLowerCase().startsWith('text/event-stream'));
}

/** What was set on the answer so far, such as the request id. */
function definedHeaders(reply: FastifyReply): Record<string, string | number | string[]> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
