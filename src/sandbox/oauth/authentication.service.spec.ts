import { BRAND_ID, SEED_APP } from '../seeds.js';
import { startSandbox, type Sandbox } from '../sandbox-server.service.js';
import { compactFixture } from '../testing/fixtures.service.js';
import { seedKeys, XCaller } from '../testing/x-caller.service.js';

const VERIFY = '/1.1/account/verify_credentials.json?skip_status=true&include_entities=false';
const LIST = '/1.1/account_activity/all/webhooks.json';
const SIGNED_AT_S = 1787040000;

let sandbox: Sandbox;
let caller: XCaller;
let signingNowMs: number;

beforeEach(async () => {
  signingNowMs = SIGNED_AT_S * 1000;
  sandbox = await startSandbox({ signingNow: () => signingNowMs });
  caller = new XCaller(sandbox.url, seedKeys(BRAND_ID));
});

afterEach(() => sandbox.close());

const timestamp = String(SIGNED_AT_S);

describe('a signed call', () => {
  it('is answered with the account, X’s exact JSON, the access level and the rate', async () => {
    const reply = await caller.call('GET', VERIFY, { timestamp });
    expect(reply.status).toBe(200);
    expect(reply.text).toBe(compactFixture('v1-verify-credentials.response'));
    expect(reply.headers.get('x-access-level')).toBe('read-write-directmessages');
    expect(reply.headers.get('x-rate-limit-remaining')).toMatch(/^\d+$/);
    expect(reply.headers.get('content-encoding')).toBeNull();
  });

  it.each(['https://api.x.com', 'https://api.twitter.com', 'own'])('may be signed for %s', async (origin) => {
    const signedOrigin = origin === 'own' ? sandbox.url : origin;
    expect((await caller.call('GET', VERIFY, { timestamp, signedOrigin })).status).toBe(200);
  });

  it('is refused when it is signed for another address', async () => {
    const reply = await caller.call('GET', VERIFY, { timestamp, signedOrigin: 'https://elsewhere.example' });
    expect([reply.status, reply.code]).toEqual([401, 32]);
  });

  it.each([
    ['an unknown consumer key', { consumerKey: 'nobody' }, 32],
    ['a wrong consumer secret', { consumerSecret: 'wrong' }, 32],
    ['a wrong token secret', { accessTokenSecret: 'wrong' }, 32],
    ['an unknown token', { accessToken: `${BRAND_ID}-unknown` }, 89],
  ])('with %s is refused', async (_, wrong, code) => {
    const stranger = new XCaller(sandbox.url, { ...seedKeys(BRAND_ID), ...wrong });
    const reply = await stranger.call('GET', VERIFY, { timestamp });
    expect([reply.status, reply.code]).toEqual([401, code]);
  });

  it('is refused when its nonce comes a second time', async () => {
    expect((await caller.call('GET', VERIFY, { timestamp, nonce: 'once' })).status).toBe(200);
    const again = await caller.call('GET', VERIFY, { timestamp, nonce: 'once' });
    expect([again.status, again.code]).toEqual([401, 32]);
  });

  it.each([
    [300_000, 200],
    [300_001, 401],
    [-300_000, 200],
    [-300_001, 401],
  ])('whose timestamp is off by %d ms is answered with %d', async (offMs, status) => {
    signingNowMs += offMs;
    const reply = await caller.call('GET', VERIFY, { timestamp });
    expect([reply.status, reply.code]).toEqual([status, status === 200 ? null : 135]);
  });

  it('signs a form but not a JSON body', async () => {
    const form = await caller.call('POST', '/1.1/direct_messages/indicate_typing.json', { timestamp, form: { recipient_id: '84391207' } });
    expect(form.status).toBe(204);
    expect((await caller.call('POST', '/1.1/direct_messages/events/new.json', { timestamp, json: {} })).code).toBe(38);
  });

  it('is refused with 215 without credentials, and with 89 after the account has revoked them', async () => {
    const anonymous = await fetch(`${sandbox.url}${VERIFY}`);
    expect([anonymous.status, await anonymous.json()]).toEqual([400, { errors: [{ code: 215, message: 'Bad Authentication data.' }] }]);
    await sandbox.people.revoke(BRAND_ID);
    expect((await caller.call('GET', VERIFY, { timestamp })).code).toBe(89);
  });
});

describe('an app’s own token', () => {
  const basic = (secret: string): string => `Basic ${Buffer.from(`${SEED_APP.consumerKey}:${secret}`).toString('base64')}`;

  it.each([{ form: { grant_type: 'client_credentials' } }, { json: { grant_type: 'client_credentials' } }])('is issued for %j and lists', async (body) => {
    const issued = await caller.call('POST', '/oauth2/token', { ...body, authorization: basic(SEED_APP.consumerSecret) });
    const { token_type, access_token } = JSON.parse(issued.text) as Record<string, string>;
    expect(token_type).toBe('bearer');
    expect((await caller.call('GET', LIST, { authorization: `Bearer ${access_token}` })).status).toBe(200);
    expect((await caller.call('GET', VERIFY, { authorization: `Bearer ${access_token}` })).code).toBe(220);
  });

  it('is not issued for a wrong secret, and a wrong one is refused', async () => {
    const refused = await caller.call('POST', '/oauth2/token', { form: { grant_type: 'client_credentials' }, authorization: basic('wrong') });
    expect([refused.status, refused.code]).toEqual([403, 99]);
    expect((await caller.call('GET', LIST, { authorization: 'Bearer wrong' })).code).toBe(89);
  });
});
