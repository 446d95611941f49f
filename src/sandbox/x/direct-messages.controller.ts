import { DAY_MS } from '../../kernel/duration.js';
import type { Ambient } from '../ambient.service.js';
import type { ChangeFeed } from '../control/change-feed.service.js';
import { appsMap } from '../events/activity-envelope.js';
import { emptyAnswer, jsonAnswer, readJson, readParams, type Answer } from '../wire/exchange.js';
import { findParam } from '../wire/form-params.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import type { MessageExchange } from '../world/message-exchange.service.js';
import type { Message } from '../world/model.js';
import { compareIds } from '../world/snowflake.js';
import type { World } from '../world/world.service.js';
import { parseMessageRequest } from './message-request.js';
import type { SendService } from './send.service.js';
import { refuse, refuseMissing, refuseValue } from './x-error.js';
import { userOf, type XCall, type XRoute } from './x-route.js';

const DEFAULT_COUNT = 20;
const MAX_COUNT = 50;
/** X's history of direct messages goes back this far. */
const HISTORY_MS = 30 * DAY_MS;

export class DirectMessagesController {
  constructor(
    private readonly world: World,
    private readonly sending: SendService,
    private readonly exchange: MessageExchange,
    private readonly feed: ChangeFeed,
    private readonly ambient: Ambient,
  ) {}

  routes(): XRoute[] {
    const access = 'direct-messages';
    const base = '/1.1/direct_messages';
    return [
      { method: 'POST', path: `${base}/events/new.json`, fault: 'send', family: 'send', access, answer: (call) => this.send(call) },
      { method: 'GET', path: `${base}/events/list.json`, fault: 'list', family: 'list', access, answer: (call) => this.list(call) },
      { method: 'GET', path: `${base}/events/show.json`, fault: 'show', family: 'show', access, answer: (call) => this.show(call) },
      { method: 'POST', path: `${base}/indicate_typing.json`, fault: 'typing', family: 'typing', access, answer: (call) => this.type(call) },
      { method: 'POST', path: `${base}/mark_read.json`, fault: 'read', family: 'read', access, answer: (call) => this.markRead(call) },
    ];
  }

  private async send(call: XCall): Promise<Answer> {
    const { message, deliverEcho } = await this.sending.send(userOf(call), parseMessageRequest(readJson(call.request)));
    return { ...jsonAnswer(200, writeJson({ event: this.exchange.event(message, false) })), afterwards: deliverEcho };
  }

  /** Both directions, newest first; `next_cursor` is missing on the last page. */
  private list(call: XCall): Answer {
    const params = readParams(call.request);
    const ownId = userOf(call).account.id;
    const after = readCursor(findParam(params, 'cursor'));
    const oldest = this.ambient.now() - HISTORY_MS;
    const rest = this.world
      .listMessagesOf(ownId)
      .filter((message) => message.createdAt > oldest && (after === null || compareIds(message.id, after) < 0));
    const page = rest.slice(0, readCount(findParam(params, 'count')));
    const last = page.at(-1);
    const hasMore = rest.length > page.length && last !== undefined;
    return jsonAnswer(
      200,
      writeJson({
        events: page.map((message) => this.exchange.event(message, message.senderId === ownId)),
        apps: this.appsOf(page, ownId),
        next_cursor: hasMore ? Buffer.from(last.id).toString('base64url') : undefined,
      }),
    );
  }

  private show(call: XCall): Answer {
    const ownId = userOf(call).account.id;
    const id = findParam(readParams(call.request), 'id') ?? refuseMissing('id');
    const message = this.world.findMessage(id);
    if (message === null || ![message.senderId, message.recipientId].includes(ownId)) refuse('noSuchPage');
    const event = this.exchange.event(message, message.senderId === ownId);
    return jsonAnswer(200, writeJson({ event, apps: this.appsOf([message], ownId) }));
  }

  private type(call: XCall): Answer {
    this.feed.publish({ type: 'typing', brand: userOf(call).account.id, participant: this.recipientOf(call) });
    return emptyAnswer(204);
  }

  private markRead(call: XCall): Answer {
    const brand = userOf(call).account.id;
    const participant = this.recipientOf(call);
    const lastId = findParam(readParams(call.request), 'last_read_event_id') ?? refuseMissing('last_read_event_id');
    if (!/^\d{1,19}$/.test(lastId)) refuseValue('last_read_event_id', `'${lastId}' is not a valid Long`);
    this.world.markRead(participant, brand, lastId, this.ambient.now());
    this.feed.publish({ type: 'read', brand, participant });
    return emptyAnswer(204);
  }

  private recipientOf(call: XCall): string {
    const id = findParam(readParams(call.request), 'recipient_id') ?? refuseMissing('recipient_id');
    if (!/^\d{1,19}$/.test(id)) refuseValue('recipient_id', `'${id}' is not a valid Long`);
    return this.world.accounts.has(id) ? id : refuse('recipientNotFound');
  }

  private appsOf(messages: readonly Message[], ownId: string): JsonValue {
    const ids = [...new Set(messages.filter((message) => message.senderId === ownId).map((message) => message.sourceAppId))];
    return ids.length === 0 ? undefined : appsMap(ids.map((id) => this.exchange.sourceApp(id)));
  }
}

function readCount(count: string | null): number {
  const wanted = Number(count ?? DEFAULT_COUNT);
  return Number.isInteger(wanted) ? Math.min(Math.max(wanted, 1), MAX_COUNT) : DEFAULT_COUNT;
}

function readCursor(cursor: string | null): string | null {
  if (cursor === null) return null;
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  return /^\d{1,19}$/.test(id) ? id : refuseValue('cursor', 'not a valid cursor');
}
