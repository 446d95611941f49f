import { BRAND_ID, PARTICIPANT_ID, SECOND_BRAND_ID, SEED_APP } from '../seeds.js';
import { startSandbox, type Sandbox } from '../sandbox-server.service.js';
import { startWebhookReceiver, type WebhookReceiver } from '../testing/webhook-receiver.service.js';
import { seedKeys, XCaller, type XReply } from '../testing/x-caller.service.js';

let sandbox: Sandbox;
let receiver: WebhookReceiver;
let brand: XCaller;

beforeEach(async () => {
  sandbox = await startSandbox();
  receiver = await startWebhookReceiver(SEED_APP.consumerSecret);
  brand = new XCaller(sandbox.url, seedKeys(BRAND_ID));
  await brand.call('POST', '/1.1/account_activity/all/prod/webhooks.json', { form: { url: receiver.url } });
  await brand.call('POST', '/1.1/account_activity/all/prod/subscriptions.json');
  sandbox.ledger.clear();
});

afterEach(async () => {
  await sandbox.close();
  await receiver.close();
});

async function control(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${sandbox.url}/sandbox/api/${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

const fault = (body: object) => control('POST', 'faults', body);
const send = (): Promise<XReply> => brand.send(PARTICIPANT_ID, 'hello');
const accepted = (): number => sandbox.ledger.sends.length;

async function echoes(): Promise<number> {
  await sandbox.whenIdle();
  return receiver.events.length;
}

describe('a fault that strikes before X does anything', () => {
  it.each([
    [{ kind: 'status', status: 503 }, 503, 130],
    [{ kind: 'status', status: 403, code: 226, message: 'automated' }, 403, 226],
    [{ kind: 'html-error' }, 503, null],
    [{ kind: '429' }, 429, 88],
  ])('%j answers %d once and takes nothing', async (body, status, code) => {
    await fault(body);
    const reply = await send();
    expect([reply.status, reply.code]).toEqual([status, code]);
    expect(accepted()).toBe(0);
    expect((await send()).status).toBe(200);
    expect(accepted()).toBe(1);
  });

  it('resets the connection', async () => {
    await fault({ kind: 'reset-before' });
    await expect(send()).rejects.toThrow();
    expect(accepted()).toBe(0);
  });

  it('hangs until the sandbox closes, which it does at once', async () => {
    await fault({ kind: 'hang' });
    const hanging = send();
    const outcome = expect(hanging).rejects.toThrow();
    await waitFor(() => sandbox.ledger.requests.length === 1);
    const startedAt = performance.now();
    await sandbox.close();
    await outcome;
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(accepted()).toBe(0);
  });
});

describe('a fault that strikes the answer', () => {
  it.each([
    ['accept-then-500', 500, 131],
    ['accept-then-503', 503, 130],
    ['151-but-delivered', 403, 151],
    ['truncated-json', 200, null],
  ])('%s answers %d although the message went out', async (kind, status, code) => {
    await fault({ kind });
    const reply = await send();
    expect([reply.status, reply.code]).toEqual([status, code]);
    expect(accepted()).toBe(1);
    expect(await echoes()).toBe(1);
    if (kind === 'truncated-json') expect(() => JSON.parse(reply.text) as unknown).toThrow(SyntaxError);
  });

  it.each(['accept-then-reset', 'reset-after'])('%s breaks the connection although the message went out', async (kind) => {
    await fault({ kind });
    await expect(send()).rejects.toThrow();
    expect(accepted()).toBe(1);
    expect(await echoes()).toBe(1);
  });

  it('leaves a refusal as it is', async () => {
    await fault({ kind: 'accept-then-500' });
    expect((await brand.send('999', 'hello')).code).toBe(108);
  });
});

describe('a fault', () => {
  it('strikes the route and the participant it names, as often as it says', async () => {
    await fault({ kind: 'status', status: 500, participant: '1155443322110099887', times: 2 });
    await fault({ kind: 'status', route: 'verify', status: 500 });
    expect((await send()).status).toBe(200);
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await brand.send('1155443322110099887', 'x')).status);
    expect(statuses).toEqual([500, 500, 200]);
    expect((await control('GET', 'faults')).body).toHaveLength(1);
    expect((await control('DELETE', 'faults')).body).toEqual({ removed: 1 });
  });

  it('is refused when it is not known', async () => {
    expect((await fault({ kind: 'flood' })).status).toBe(400);
    expect((await fault({ kind: 'status', extra: 1 })).status).toBe(400);
  });
});

describe('echo and delivery faults', () => {
  it.each([
    ['echo-drop', 0],
    ['echo-twice', 2],
    ['echo-before-answer', 1],
  ])('%s delivers the echo %d times', async (kind, times) => {
    await fault({ kind });
    expect((await send()).status).toBe(200);
    if (kind === 'echo-before-answer') expect(receiver.events).toHaveLength(1);
    expect(await echoes()).toBe(times);
  });

  it('delivery-drop loses an inbound event, and the message is still in X’s history', async () => {
    await fault({ kind: 'delivery-drop' });
    const written = await control('POST', `participants/${PARTICIPANT_ID}/messages`, { to: BRAND_ID, text: 'lost' });
    expect(written.body).toMatchObject({ delivery: null });
    expect(receiver.events).toHaveLength(0);
    expect((await brand.call('GET', '/1.1/direct_messages/events/list.json')).text).toContain('lost');
  });
});

describe('deliveries', () => {
  it('say what the webhook answered, and are recorded byte for byte', async () => {
    receiver.answerWith(503);
    const written = await control('POST', `participants/${PARTICIPANT_ID}/messages`, { to: BRAND_ID, text: 'hi' });
    expect(written.body).toMatchObject({ delivery: { status: 503 } });
    expect(sandbox.ledger.deliveries).toMatchObject([{ status: 503, attempt: 1, body: receiver.events[0]?.body }]);
  });

  it('are tried again only where a schedule is given', async () => {
    const patient = await startSandbox({ retryDelaysMs: [1, 1, 1] });
    const client = new XCaller(patient.url, seedKeys(BRAND_ID));
    await client.call('POST', '/1.1/account_activity/all/prod/webhooks.json', { form: { url: receiver.url } });
    await client.call('POST', '/1.1/account_activity/all/prod/subscriptions.json');
    receiver.answerWith(500);
    await patient.conversations.write(PARTICIPANT_ID, 'participant', { to: BRAND_ID, text: 'hi' });
    await patient.whenIdle();
    expect(patient.ledger.deliveries.map((one) => one.attempt)).toEqual([1, 2, 3, 4]);
    await patient.close();
  });

  it('go nowhere while the webhook is invalid or the account not subscribed, and twice when asked', async () => {
    const [webhook] = sandbox.overview.webhooks();
    const say = (body: object) => control('POST', `participants/${PARTICIPANT_ID}/messages`, { to: BRAND_ID, text: 'hi', ...body });
    await say({ deliver: 'twice' });
    expect(receiver.events).toHaveLength(2);
    await control('POST', `webhooks/${webhook?.id}/invalidate`);
    expect((await say({})).body).toMatchObject({ delivery: null });
    await brand.call('PUT', `/1.1/account_activity/all/prod/webhooks/${webhook?.id}.json`);
    await control('POST', `brands/${BRAND_ID}/unsubscribe`);
    expect((await say({})).body).toMatchObject({ delivery: null });
    expect(receiver.events).toHaveLength(2);
  });

  it('tell of a revoke, which ends the subscription', async () => {
    await control('POST', `brands/${BRAND_ID}/revoke`);
    expect(receiver.events[0]?.body).toContain(`"source":{"user_id":"${BRAND_ID}"}`);
    expect(sandbox.overview.state().subscriptions).toEqual([]);
    expect((await send()).code).toBe(89);
  });

  it('reach two subscribed brands in one conversation each with its own copy', async () => {
    const second = new XCaller(sandbox.url, seedKeys(SECOND_BRAND_ID));
    await second.call('POST', '/1.1/account_activity/all/prod/subscriptions.json');
    await brand.send(SECOND_BRAND_ID, 'hello sister');
    await sandbox.whenIdle();
    const copies = receiver.events.map(({ body }) => JSON.parse(body) as { for_user_id: string; apps?: object });
    expect(copies.map((copy) => [copy.for_user_id, copy.apps !== undefined]).sort()).toEqual([[BRAND_ID, true], [SECOND_BRAND_ID, false]]);
  });
});

describe('X’s 15-minute windows', () => {
  it('are applied when asked for', async () => {
    const strict = await startSandbox({ documentedWindows: true });
    const client = new XCaller(strict.url, seedKeys(BRAND_ID));
    const codes = [];
    for (let i = 0; i < 16; i += 1) codes.push((await client.call('GET', '/1.1/account_activity/all/webhooks.json')).status);
    expect(codes).toEqual([...Array<number>(15).fill(200), 429]);
    await strict.close();
  });
});

/** Waits by turns of the event loop. */
async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
