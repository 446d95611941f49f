/** Who may be written to first, by X's own words: over v1.1, and over v2 where an app's access does not include v1.1. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Timers } from '../../src/runtime/timers.service.js';
import { Relationships } from '../../src/x-api/relationships.service.js';
import { RelationshipsV1 } from '../../src/x-api/relationships-v1.service.js';
import { RelationshipsV2 } from '../../src/x-api/relationships-v2.service.js';
import { XClient } from '../../src/x-api/x-client.service.js';
import { XConnection } from '../../src/x-api/x-connection.service.js';
import { NAJM, RANIA } from '../e2e/cast.js';

const V1 = '/1.1/friendships/show.json';
const V2 = `/2/users/${RANIA.id}`;
const fixture = (name: string): string => readFileSync(join(__dirname, '../fixtures/x', `${name}.json`), 'utf8');
const refusal = (code: number): string => JSON.stringify({ errors: [{ code, message: 'No.' }] });

type Answers = Record<string, [status: number, body: string]>;

describe('X’s word on writing first', () => {
  let server: Server;
  let connection: XConnection;
  let asked: URL[];

  /** An X with these answers, by path. */
  async function find(answers: Answers): Promise<unknown> {
    asked = [];
    server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      asked.push(url);
      const [status, body] = answers[url.pathname] ?? [404, refusal(34)];
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const settings = { apiUrl, uploadUrl: apiUrl, timeoutMs: 1_000, connectTimeoutMs: 500, maxConnections: 2 };
    connection = new XConnection(settings, new Timers());
    const client = new XClient(connection, settings);
    return new Relationships(new RelationshipsV1(client), new RelationshipsV2(client)).find(NAJM.credentials, NAJM.id, RANIA.id);
  }
  afterEach(() => {
    connection.onApplicationShutdown();
    server.closeAllConnections();
    server.close();
  });

  it('is `can_dm` of friendships/show, asked for the account and the person', async () => {
    const yes = fixture('v1-friendships-show.response');
    expect(await find({ [V1]: [200, yes] })).toEqual({ canStart: true });
    expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({ source_id: NAJM.id, target_id: RANIA.id });
    expect(asked).toHaveLength(1);
  });

  it('is no where X says that the account cannot write to them, follower or not', async () => {
    expect(await find({ [V1]: [200, fixture('v1-friendships-show.response').replace('"can_dm": true', '"can_dm": false')] })).toEqual({ canStart: false });
  });

  it.each([[403, 453], [403, 87], [410, 251]])('is asked for over v2 when X refuses the v1.1 call to the app (%i, code %i)', async (status, code) => {
    expect(await find({ [V1]: [status, refusal(code)], [V2]: [200, fixture('v2-user-can-dm.response')] })).toEqual({ canStart: true });
    expect(asked[1]?.searchParams.get('user.fields')).toBe('receives_your_dm,connection_status');
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ['receives it', { receives_your_dm: true }, true],
    ['does not receive it', { receives_your_dm: false, connection_status: ['followed_by'] }, false],
    ['is blocked by the account', { receives_your_dm: true, connection_status: ['blocking'] }, false],
  ])('over v2 depends on whether the person %s', async (_what, data, canStart) => {
    expect(await find({ [V1]: [403, refusal(453)], [V2]: [200, JSON.stringify({ data })] })).toEqual({ canStart });
  });

  it.each<[string, Answers, object]>([
    ['X has no such user (v1.1)', { [V1]: [404, refusal(50)] }, { answer: { code: 50 } }],
    ['X has no such user (v2)', { [V1]: [403, refusal(453)], [V2]: [200, JSON.stringify({ errors: [{ detail: 'Could not find user.' }] })] }, { answer: { code: 50 } }],
    ['X does not say', { [V1]: [200, '{"relationship":{"source":{}}}'] }, { kind: 'maybe-sent' }],
    ['X fails', { [V1]: [503, refusal(130)] }, { answer: { status: 503 } }],
  ])('is a failure, no guess, when %s', async (_what, answers, failure) => {
    await expect(find(answers)).rejects.toMatchObject(failure);
  });
});
