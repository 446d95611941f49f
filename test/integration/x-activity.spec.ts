import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Timers } from '../../src/runtime/timers.service.js';
import { CHANNEL_EVENT_TYPES } from '../../src/x-api/activity-subscription.js';
import { XActivity } from '../../src/x-api/x-activity.service.js';
import { XClient } from '../../src/x-api/x-client.service.js';
import { XConnection } from '../../src/x-api/x-connection.service.js';
import { NAJM } from '../e2e/cast.js';
import { payload } from '../e2e/x-webhook.js';

interface Seen {
  call: string;
  /** Whose tokens it bore. */
  as: 'app' | 'account';
  body: unknown;
}
interface Listed {
  subscription_id: string;
  event_type: string;
  filter: Record<string, unknown>;
  webhook_id?: string;
}
type Refusal = { status: number; body: unknown };

const [OURS, THEIRS, GONE] = ['1823400556677889921', '1823400556677889922', '1823400556677889900'];
const LINE = { environmentName: '', webhookId: OURS };
const fixture = (name: string): unknown => JSON.parse(payload(`${name}.json`).toString());
const invalid = (message: string): Refusal => ({ status: 400, body: { errors: [{ message }], title: 'Invalid Request', type: 'https://api.x.com/2/problems/invalid-request' } });

describe('X Activity’s subscriptions, as X answers', () => {
  let server: Server;
  let connection: XConnection;
  let x: XActivity;
  let seen: Seen[];
  let subscriptions: Listed[];
  /** What a new subscription is answered with, besides being made; null: 204 without a body. */
  let created: (one: Listed) => unknown;
  let refuse: (call: string, body: Record<string, unknown>) => Refusal | null;
  let pageSize: number;
  let nextId: number;

  const listed = (type: string, webhookId: string, account: string = NAJM.id): Listed => ({ subscription_id: String((nextId += 1)), event_type: type, filter: { user_id: account }, webhook_id: webhookId });
  const calls = (method: string) => seen.filter(({ call }) => call.startsWith(`${method} /2/activity`));

  function answer(method: string, url: URL, body: Record<string, unknown>): Refusal {
    const call = `${method} ${url.pathname}`;
    const refused = refuse(call, body);
    if (refused !== null) return refused;
    const id = url.pathname.split('/')[4];
    switch (`${method} ${url.pathname.split('/')[2] ?? ''}`) {
      case 'GET webhooks':
        return { status: 200, body: { data: [OURS, THEIRS].map((webhook) => ({ id: webhook, url: `https://x.example/${webhook}`, valid: true })) } };
      case 'GET activity': {
        const from = Number(url.searchParams.get('pagination_token') ?? 0);
        const data = subscriptions.slice(from, from + pageSize);
        return { status: 200, body: { data, meta: { result_count: data.length, ...(from + pageSize < subscriptions.length ? { next_token: String(from + pageSize) } : {}) } } };
      }
      case 'POST activity': {
        const made = { ...(body as unknown as Listed), subscription_id: String((nextId += 1)) };
        subscriptions.push(made);
        const told = created(made);
        return { status: told === null ? 204 : 200, body: told };
      }
      case 'PUT activity':
        subscriptions = subscriptions.map((one) => (one.subscription_id === id ? { ...one, ...body } : one));
        return { status: 200, body: { data: {} } };
      case 'DELETE activity':
        subscriptions = subscriptions.filter((one) => one.subscription_id !== id);
        return { status: 200, body: { data: { deleted: true } } };
      default:
        return { status: 200, body: { token_type: 'bearer', access_token: 'app-token' } };
    }
  }

  beforeEach(async () => {
    [seen, subscriptions, pageSize, nextId] = [[], [], 1_000, 1_942_000_000];
    created = (one) => ({ data: [one], meta: { total_subscriptions: 1 } });
    refuse = () => null;
    server = createServer((request, response) => {
      void readText(request).then((text) => {
        const url = new URL(request.url ?? '/', 'https://api.x.com');
        const body = (text === '' || !text.startsWith('{') ? {} : JSON.parse(text)) as Record<string, unknown>;
        seen.push({ call: `${request.method ?? ''} ${url.pathname}`, as: request.headers.authorization?.startsWith('Bearer') === true ? 'app' : 'account', body });
        const { status, body: told } = answer(request.method ?? '', url, body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? undefined : JSON.stringify(told));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const settings = { apiUrl, uploadUrl: apiUrl, timeoutMs: 2_000, connectTimeoutMs: 500, maxConnections: 2 };
    connection = new XConnection(settings, new Timers());
    x = new XActivity(new XClient(connection, settings));
  });
  afterEach(async () => {
    connection.onApplicationShutdown();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const subscribe = () => x.subscribe(NAJM.credentials, LINE, NAJM.id);
  const subscribed = async () => (await x.listSubscriptions(NAJM.credentials, LINE)).accountIds;

  it('are asked for as X’s sample asks, one for each type, with the account’s tokens', async () => {
    await subscribe();
    const asked = calls('POST');
    expect(asked.map(({ body }) => (body as Listed).event_type)).toEqual([...CHANNEL_EVENT_TYPES]);
    expect(asked[0]?.body).toEqual({ ...(fixture('v2-xaa-subscription-create.request') as object), tag: 'dm.received' });
    expect(new Set(asked.map(({ as }) => as))).toEqual(new Set(['account']));
    expect(new Set(calls('GET').map(({ as }) => as))).toEqual(new Set(['app']));
    expect(await subscribed()).toEqual([NAJM.id]);
    expect(await x.isSubscribed(NAJM.credentials, LINE, NAJM.id)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['in X’s quickstart', fixture('v2-xaa-subscription-create.response-quickstart')],
    ['in X’s OpenAPI document', fixture('v2-xaa-subscription-create.response-openapi')],
    ['with the id alone', { data: { subscription_id: '1942000000000000021' } }],
    ['with nothing', null],
    ['with something else', { data: [] }],
  ])('are taken for made when X answers as %s', async (_where, told) => {
    created = () => told;
    await subscribe();
    expect(calls('POST')).toHaveLength(CHANNEL_EVENT_TYPES.length);
    expect(await subscribed()).toEqual([NAJM.id]);
  });

  it('are not believed in when X answers with nothing and lists nothing', async () => {
    created = (one) => {
      subscriptions = subscriptions.filter(({ subscription_id: id }) => id !== one.subscription_id);
      return {};
    };
    await expect(subscribe()).rejects.toMatchObject({ kind: 'answered', answer: { detail: 'X took the subscription to dm.received and does not list it.' } });
  });

  it('are read as X’s sample lists them', async () => {
    subscriptions = (fixture('v2-xaa-subscriptions-list.response') as { data: Listed[] }).data;
    await subscribe();
    expect(calls('POST').map(({ body }) => (body as Listed).event_type)).toEqual(CHANNEL_EVENT_TYPES.slice(1));
  });

  it('are counted page by page, whoever else has some, whatever else is listed', async () => {
    pageSize = 4;
    subscriptions = [
      { subscription_id: '1', event_type: 'post.create', filter: { keyword: 'najm' } },
      ...CHANNEL_EVENT_TYPES.map((type) => listed(type, OURS, '42')),
      ...CHANNEL_EVENT_TYPES.slice(1).map((type) => listed(type, OURS)),
      ...CHANNEL_EVENT_TYPES.map((type) => listed(type, THEIRS, '43')),
    ];
    expect(await subscribed()).toEqual(['42']);
    expect(await x.isSubscribed(NAJM.credentials, LINE, NAJM.id)).toBe(false);
    await subscribe();
    expect(calls('POST').map(({ body }) => (body as Listed).event_type)).toEqual([CHANNEL_EVENT_TYPES[0]]);
    expect(await subscribed()).toEqual(['42', NAJM.id]);
  });

  it('that are there already are fine, however X says so', async () => {
    refuse = (call, body) => {
      if (!call.startsWith('POST /2/activity')) return null;
      // Somebody else was quicker.
      subscriptions.push(listed(String(body['event_type']), OURS));
      return invalid(body['event_type'] === 'dm.sent' ? 'The request is not valid.' : 'DuplicateSubscriptionFailed: ');
    };
    await subscribe();
    expect(await subscribed()).toEqual([NAJM.id]);
  });

  it('that hung on a webhook which is gone are moved to ours', async () => {
    subscriptions = CHANNEL_EVENT_TYPES.map((type) => listed(type, GONE));
    await subscribe();
    expect([calls('PUT').length, calls('POST').length]).toEqual([CHANNEL_EVENT_TYPES.length, 0]);
    expect(calls('PUT')[0]).toMatchObject({ as: 'app', body: { webhook_id: OURS } });
    expect(await subscribed()).toEqual([NAJM.id]);
  });

  it('of another webhook that is there are left alone, and that is told', async () => {
    subscriptions = [listed('dm.received', THEIRS)];
    const before = [...subscriptions];
    refuse = (call, body) => (call.startsWith('POST /2/activity') && body['event_type'] === 'dm.received' ? invalid('Duplicate subscription') : null);
    await expect(subscribe()).rejects.toMatchObject({ answer: { detail: `SubscribedElsewhere: subscription ${before[0]?.subscription_id} tells webhook ${THEIRS} of dm.received.` } });
    expect(subscriptions).toEqual(expect.arrayContaining(before));
    expect([calls('PUT'), calls('DELETE')]).toEqual([[], []]);
  });

  it('that X has no room for are told as X says it, and those before stay', async () => {
    refuse = (call, body) => (call.startsWith('POST /2/activity') && body['event_type'] === 'dm.read' ? invalid('SubscriptionLimitExceeded: ') : null);
    await expect(subscribe()).rejects.toMatchObject({ kind: 'answered', answer: { status: 400, detail: 'SubscriptionLimitExceeded: ' } });
    expect(subscriptions.map(({ event_type: type }) => type)).toEqual(expect.arrayContaining(['dm.received', 'dm.sent']));
    expect(await subscribed()).toEqual([]);
  });

  it('that X wants other tokens for are told so', async () => {
    const body = { title: 'Unsupported Authentication', detail: 'Not with these.', type: 'https://api.x.com/2/problems/unsupported-authentication', status: 403 };
    refuse = (call) => (call.startsWith('POST /2/activity') ? { status: 403, body } : null);
    await expect(subscribe()).rejects.toMatchObject({ kind: 'answered', problemType: 'unsupported-authentication' });
    expect(calls('POST')).toHaveLength(1);
  });

  it('end one by one, those of the account and of this webhook only; one that is gone is no fault', async () => {
    const others = [listed('dm.received', OURS, '42'), listed('dm.received', THEIRS)];
    subscriptions = [...CHANNEL_EVENT_TYPES.map((type) => listed(type, OURS)), ...others];
    let isFirst = true;
    refuse = (call) => {
      if (!call.startsWith('DELETE') || !isFirst) return null;
      isFirst = false;
      subscriptions = subscriptions.filter(({ subscription_id: id }) => !call.endsWith(id));
      return { status: 404, body: { title: 'Not Found Error', status: 404 } };
    };
    await x.unsubscribe(NAJM.credentials, LINE, NAJM.id);
    expect(subscriptions).toEqual(others);
  });
});

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
