import type { z } from 'zod';
import { jsonAnswer, readJson, type Answer, type ReceivedRequest } from '../wire/exchange.js';
import { RouteTable, type PathParams, type Route } from '../wire/route-table.js';
import type { Ledger } from '../world/ledger.service.js';
import type { ChangeFeed } from './change-feed.service.js';
import { ControlError } from './control-error.js';
import {
  accountPatch, appBody, appPatch, brandBody, brandRelationBody, encryptedBody, faultBody, grantBody, messageBody, participantBody, relationBody,
} from './control.dto.js';
import type { ConversationService } from './conversation.service.js';
import type { FaultBook } from './fault-book.service.js';
import type { Overview } from './overview.service.js';
import type { PeopleService } from './people.service.js';
import type { WebhookControl } from './webhook-control.service.js';

const BASE = '/sandbox/api';

interface ControlCall {
  params: PathParams;
  id: string;
  request: ReceivedRequest;
}

type Handler = (call: ControlCall) => unknown;

export interface ControlServices {
  people: PeopleService;
  conversations: ConversationService;
  webhooks: WebhookControl;
  overview: Overview;
  faults: FaultBook;
  ledger: Ledger;
  feed: ChangeFeed;
}

/** The control API; `control.dto.ts` lists it. */
export class ControlController {
  private readonly table: RouteTable<Handler>;

  constructor(private readonly services: ControlServices) {
    this.table = new RouteTable([...this.viewRoutes(), ...this.phoneRoutes(), ...this.xRoutes(), ...this.peopleRoutes()]);
  }

  async answer(request: ReceivedRequest): Promise<Answer> {
    const match = this.table.find(request.method, request.path);
    if (match === null) {
      return this.table.hasPath(request.path) ? errorAnswer(405, 'Method not allowed') : errorAnswer(404, 'No such path');
    }
    try {
      const result = await match.handler({ params: match.params, id: match.params['id'] ?? '', request });
      return jsonAnswer(200, JSON.stringify(result ?? {}), { 'cache-control': 'no-store' });
    } catch (error) {
      if (error instanceof ControlError) return errorAnswer(error.status, error.message);
      throw error;
    }
  }

  private viewRoutes(): Route<Handler>[] {
    const { overview, conversations, faults, ledger } = this.services;
    return [
      route('GET', 'state', () => overview.state()),
      route('GET', 'brands', () => overview.brands()),
      route('GET', 'participants', () => overview.participants()),
      route('GET', 'webhooks', () => overview.webhooks()),
      route('GET', 'conversations/:brandId/:participantId', ({ params }) =>
        conversations.view(params['brandId'] ?? '', params['participantId'] ?? ''),
      ),
      route('GET', 'faults', () => faults.list()),
      route('GET', 'ledger', () => ({ sends: ledger.sends, requests: ledger.requests, deliveries: ledger.deliveries })),
      route('DELETE', 'ledger', () => {
        ledger.clear();
        this.services.feed.publish({ type: 'ledger' });
      }),
    ];
  }

  private phoneRoutes(): Route<Handler>[] {
    const { conversations, people } = this.services;
    const changes = ['follow', 'unfollow', 'block', 'unblock'] as const;
    return [
      route('POST', 'participants/:id/messages', ({ id, request }) => conversations.write(id, 'participant', read(messageBody, request))),
      route('POST', 'brands/:id/messages-from-app', ({ id, request }) => conversations.write(id, 'brand', read(messageBody, request))),
      route('POST', 'participants/:id/encrypted-messages', ({ id, request }) => conversations.writeEncrypted(id, 'participant', read(encryptedBody, request))),
      route('POST', 'brands/:id/encrypted-messages', ({ id, request }) => conversations.writeEncrypted(id, 'brand', read(encryptedBody, request))),
      route('POST', 'messages/:id/deliver', ({ id }) => conversations.redeliver(id)),
      route('POST', 'participants/:id/read', ({ id, request }) => conversations.read(id, read(relationBody, request))),
      route('POST', 'participants/:id/typing', ({ id, request }) => conversations.type(id, read(relationBody, request))),
      ...changes.map((change) =>
        route('POST', `participants/:id/${change}`, ({ id, request }) => people.relate(change, id, read(relationBody, request).brand)),
      ),
      ...(['block', 'unblock'] as const).map((change) =>
        route('POST', `brands/:id/${change}`, ({ id, request }) => people.relate(change, id, read(brandRelationBody, request).participant)),
      ),
    ];
  }

  private xRoutes(): Route<Handler>[] {
    const { webhooks, people, faults, feed } = this.services;
    return [
      route('POST', 'webhooks/crc', () => webhooks.challengeAll()),
      route('POST', 'webhooks/:id/invalidate', ({ id }) => webhooks.invalidate(id)),
      route('POST', 'brands/:id/unsubscribe', ({ id }) => ({ removed: webhooks.unsubscribe(people.getAccount(id, 'brand').id) })),
      route('POST', 'brands/:id/revoke', ({ id }) => people.revoke(id)),
      route('POST', 'faults', ({ request }) => {
        const { kind, route: at = 'send', times = 1, ...rest } = read(faultBody, request);
        const { participant = null, delayMs = null, status = null, code = null, message = null, body = null } = rest;
        const fault = faults.add({ kind, route: at, times, participant, delayMs, status, code, message, body });
        feed.publish({ type: 'fault' });
        return fault;
      }),
      ...['faults', 'faults/:id'].map((path) =>
        route('DELETE', path, ({ params }) => {
          const removed = faults.remove(params['id']);
          feed.publish({ type: 'fault' });
          return { removed };
        }),
      ),
    ];
  }

  private peopleRoutes(): Route<Handler>[] {
    const { people } = this.services;
    return [
      route('POST', 'apps', ({ request }) => people.addApp(read(appBody, request))),
      route('PATCH', 'apps/:id', ({ id, request }) => people.patchApp(id, read(appPatch, request))),
      route('POST', 'brands', ({ request }) => people.addBrand(read(brandBody, request))),
      route('POST', 'brands/:id/authorize', ({ id, request }) => people.authorize(id, read(grantBody, request))),
      route('POST', 'participants', ({ request }) => people.addParticipant(read(participantBody, request))),
      route('PATCH', 'brands/:id', ({ id, request }) => people.patchAccount(id, read(accountPatch, request))),
      route('PATCH', 'participants/:id', ({ id, request }) => people.patchAccount(id, read(accountPatch, request))),
    ];
  }
}

function route(method: string, path: string, handler: Handler): Route<Handler> {
  return { method, path: `${BASE}/${path}`, handler };
}

/** The body, held against its schema. An empty body is an empty object. */
function read<T>(schema: z.ZodType<T>, request: ReceivedRequest): T {
  const result = schema.safeParse(request.rawBody.length === 0 ? {} : readJson(request));
  if (result.success) return result.data;
  const reasons = result.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new ControlError(400, reasons.join('; '));
}

function errorAnswer(status: number, error: string): Answer {
  return jsonAnswer(status, JSON.stringify({ error }));
}
