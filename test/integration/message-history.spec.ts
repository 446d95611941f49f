/** The history of messages, by X's own words: over v1.1, and over v2 where an app's access does not include v1.1. */
import { Timers } from '../../src/runtime/timers.service.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { HistoryV1 } from '../../src/x-api/history-v1.service.js';
import { HistoryV2 } from '../../src/x-api/history-v2.service.js';
import { MessageHistory } from '../../src/x-api/message-history.service.js';
import { XClient } from '../../src/x-api/x-client.service.js';
import { XConnection } from '../../src/x-api/x-connection.service.js';
import { NAJM, RANIA } from '../e2e/cast.js';
import { fault } from '../e2e/service.js';

describe('X’s history of messages', () => {
  let sandbox: Sandbox;
  let connection: XConnection;
  let history: MessageHistory;

  beforeEach(async () => {
    sandbox = await startSandbox();
    const settings = { apiUrl: sandbox.url, uploadUrl: sandbox.url, timeoutMs: 2_000, connectTimeoutMs: 500, maxConnections: 2 };
    connection = new XConnection(settings, new Timers());
    const client = new XClient(connection, settings);
    history = new MessageHistory(new HistoryV1(client), new HistoryV2(client));
    for (let n = 0; n < 230; n += 1) {
      await sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: `message <${n}> & more`, deliver: false, ...(n % 50 === 7 ? { photo: true } : {}) });
    }
    sandbox.ledger.clear();
  });
  afterEach(async () => {
    connection.onApplicationShutdown();
    await sandbox.close();
  });

  const paths = () => sandbox.ledger.requests.map(({ path, status }) => [path, status]);
  async function readAll() {
    const pages = [await history.list(NAJM.credentials, null)];
    for (let next = pages[0]?.next ?? null; next !== null; next = pages.at(-1)?.next ?? null) {
      pages.push(await history.list(NAJM.credentials, next));
    }
    return pages.flatMap(({ messages }) => messages);
  }

  it('is the same over both generations, page by page', async () => {
    const overV1 = await readAll();
    expect(overV1).toHaveLength(230);
    expect(overV1[0]).toMatchObject({ text: 'message <229> & more', senderId: RANIA.id, recipientId: NAJM.id });
    expect(paths().every(([path]) => path === '/1.1/direct_messages/events/list.json')).toBe(true);
    fault(sandbox, { route: 'list', kind: 'status', status: 403, code: 453, times: null });
    const overV2 = await readAll();
    expect(overV2).toEqual(overV1);
    expect(overV2.filter(({ media }) => media !== null)).toHaveLength(5);
  });

  it.each([
    [403, 453],
    [403, 87],
    [410, 251],
    [410, 0],
  ])('is read over v2 when X answers v1.1 with %d and %d, and goes on there', async (status, code) => {
    fault(sandbox, { route: 'list', kind: 'status', status, code, times: null });
    const first = await history.list(NAJM.credentials, null);
    expect([first.messages.length, first.limits.length]).toEqual([100, 1]);
    sandbox.ledger.clear();
    sandbox.faults.remove();
    // v1.1 would answer again, and would not know the cursor.
    expect((await history.list(NAJM.credentials, first.next)).messages).toHaveLength(100);
    expect(paths()).toEqual([['/2/dm_events', 200]]);
  });

  it('does not change the generation in the middle: its cursor is shown to nobody else', async () => {
    const first = await history.list(NAJM.credentials, null);
    fault(sandbox, { route: 'list', kind: 'status', status: 403, code: 453, times: null });
    await expect(history.list(NAJM.credentials, first.next)).rejects.toMatchObject({ answer: { code: 453 } });
    expect(paths().filter(([path]) => path === '/2/dm_events')).toEqual([]);
  });

  it.each([
    [429, 88],
    [401, 89],
    [403, 93],
    [503, 130],
  ])('is not asked for over v2 when X answers %d and %d', async (status, code) => {
    fault(sandbox, { route: 'list', kind: 'status', status, code, times: null });
    await expect(history.list(NAJM.credentials, null)).rejects.toMatchObject({ answer: { status } });
    expect(paths().map(([path]) => path)).toEqual(['/1.1/direct_messages/events/list.json']);
  });

  it('is not taken for empty when X says that there is something and leaves it out', async () => {
    fault(sandbox, { route: 'list', kind: 'status', status: 403, code: 453, times: null });
    fault(sandbox, { route: 'dm-events', kind: 'status', status: 200, body: JSON.stringify({ meta: { result_count: 3 } }) });
    await expect(history.list(NAJM.credentials, null)).rejects.toMatchObject({ kind: 'maybe-sent' });
  });

  it('may be empty', async () => {
    const brand = sandbox.people.addBrand({ name: 'New', screenName: 'new_brand' });
    const keys = { ...NAJM.credentials, accessToken: brand.grant.token, accessTokenSecret: brand.grant.tokenSecret };
    fault(sandbox, { route: 'list', kind: 'status', status: 403, code: 453, times: null });
    expect(await history.list(keys, null)).toMatchObject({ messages: [], next: null });
  });
});
