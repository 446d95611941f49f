import { ManualClock } from '../support/manual-clock.js';
import { eventually } from '../support/eventually.js';
import { anyText, having, textWith } from './answers.js';
import { FIBRE, NAJM, NAJM_APP_ID, NEWS } from './cast.js';
import { countRows, queryDatabase } from './database.js';
import { type Answer, type Both, connectNajm, fault, type Service, startBoth } from './service.js';

const { consumerKey, consumerSecret } = NAJM.credentials;
const NEW_CHANNEL = { name: 'Najm support', consumerKey, consumerSecret, environmentName: 'prod' };
const MINUTE_MS = 60_000;

/** What the docs call an authorization, beside the fields that it shares with others. */
interface Authorization {
  id: string;
  status: string;
  authorizeUrl: string | null;
  channelId: string | null;
  failure: { code: string; detail: string } | null;
  expiresAt: string;
}

describe('Signing in at X instead of pasting tokens', () => {
  let clock: ManualClock;
  let both: Both;
  let service: Service;

  beforeEach(async () => {
    clock = new ManualClock();
    both = await startBoth({ clock });
    service = both.service;
  });
  afterEach(() => both.stop());

  const begin = (body: unknown = NEW_CHANNEL, headers: Record<string, string> = {}) => service.call<Authorization & { code: string }>('/v1/channels/authorizations', { body, headers });
  const see = async (id: string) => (await service.call<Authorization>(`/v1/channels/authorizations/${id}`)).body;
  const channels = async () => (await service.call('/v1/channels')).body['data'];
  /** The person at X: signs in as an account, or says no. Answers where X sends their browser. */
  const answerAtX = async ({ authorizeUrl }: Authorization, form: Record<string, string>): Promise<string> => {
    const page = await fetch(authorizeUrl ?? '');
    expect([page.status, new URL(authorizeUrl ?? '').origin]).toEqual([200, both.sandbox.url]);
    const token = new URL(authorizeUrl ?? '').searchParams.get('oauth_token') ?? '';
    const answer = await fetch(`${both.sandbox.url}/oauth/authorize`, { method: 'POST', body: new URLSearchParams({ oauth_token: token, ...form }), redirect: 'manual' });
    return answer.headers.get('location') ?? '';
  };
  const comeBack = (location: string): Promise<Answer> => {
    expect(location).toMatch(new RegExp(`^${service.url}/v1/channels/authorizations/callback\\?`));
    return service.call(location.slice(service.url.length), { key: null });
  };
  const signInAs = async (authorization: Authorization, account: string) => comeBack(await answerAtX(authorization, { account }));

  it('makes a channel, connects it, and tells the person so', async () => {
    const { status, headers, body, text } = await begin();
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/channels/authorizations/${body.id}`);
    expect(body).toEqual({ id: anyText, status: 'pending', authorizeUrl: textWith('/oauth/authorize?oauth_token='), channelId: null, failure: null, createdAt: anyText, expiresAt: '2026-01-15T12:15:00.000Z' });
    expect(text).not.toContain(consumerSecret);
    expect(await channels()).toEqual([]);

    const page = await signInAs(body, NAJM.id);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('“Najm support” acts for @NajmTelecomCare now');
    const [channel] = await channels();
    expect(channel).toMatchObject({ name: 'Najm support', account: { id: NAJM.id }, status: 'connected' });
    expect(await see(body.id)).toMatchObject({ status: 'completed', channelId: channel?.id, failure: null, authorizeUrl: null });
  });

  it('gives a revoked channel new tokens, and what waited goes on; its history stays', async () => {
    const { id } = await connectNajm(service);
    await both.sandbox.people.revoke(NAJM.id);
    await eventually(async () => expect((await channels())[0]?.status).toBe('revoked'), 'revoked');
    const { body } = await begin({ channelId: id });
    expect(body.channelId).toBe(id);
    expect((await signInAs(body, NAJM.id)).status).toBe(200);
    expect(await channels()).toEqual([having({ id, status: 'connected' })]);
  });

  it('gives them to the team’s channel of the account that signed in, where there is one', async () => {
    const { id } = await connectNajm(service);
    expect((await signInAs((await begin({ ...NEW_CHANNEL, name: 'Another name' })).body, NAJM.id)).status).toBe(200);
    expect(await channels()).toEqual([having({ id, name: 'Najm support', status: 'connected' })]);
  });

  it('changes nothing when another account signs in than that of the channel', async () => {
    const { id } = await connectNajm(service);
    const { body } = await begin({ channelId: id });
    const page = await signInAs(body, FIBRE.id);
    expect([page.status, page.text]).toEqual([422, textWith('NajmFibre')]);
    expect(await see(body.id)).toMatchObject({ status: 'failed', failure: { code: 'channel.different-account' } });
    expect(await channels()).toEqual([having({ id, status: 'connected', account: having({ id: NAJM.id }) })]);
  });

  it('says so when the person says no', async () => {
    const { body } = await begin();
    const page = await comeBack(await answerAtX(body, { deny: 'yes' }));
    expect([page.status, page.text]).toEqual([200, textWith('Not signed in')]);
    expect(await see(body.id)).toMatchObject({ status: 'denied', channelId: null });
    expect(await channels()).toEqual([]);
  });

  it('takes X’s answer once, also when it comes twice at once', async () => {
    const { body } = await begin();
    const location = await answerAtX(body, { account: NAJM.id });
    const pages = await Promise.all([comeBack(location), comeBack(location), comeBack(location)]);
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 410, 410]);
    expect((await comeBack(location)).status).toBe(410);
    expect(both.sandbox.ledger.requests.filter(({ path }) => path === '/oauth/access_token')).toHaveLength(1);
    expect(await channels()).toHaveLength(1);
  });

  it('is over after 15 minutes', async () => {
    const { body } = await begin();
    const location = await answerAtX(body, { account: NAJM.id });
    clock.advance(15 * MINUTE_MS);
    expect((await comeBack(location)).status).toBe(410);
    expect(await see(body.id)).toMatchObject({ status: 'expired' });
    expect(await channels()).toEqual([]);
  });

  it.each(['', '?oauth_token=guess&oauth_verifier=guess', '?denied=guess', '?oauth_token=guess', `?oauth_token=${'x'.repeat(300)}&oauth_verifier=1`, '?oauth_token=a&oauth_token=b&oauth_verifier=c'])('has a page for who was never sent: “%s”', async (query) => {
    const page = await service.call(`/v1/channels/authorizations/callback${query}`, { key: null });
    expect([page.status, page.headers.get('content-type')]).toEqual([410, 'text/html; charset=utf-8']);
  });

  it('has tokens without permission for direct messages refused, with what to set at X', async () => {
    const { body } = await begin();
    const location = await answerAtX(body, { account: NEWS.id });
    fault(both.sandbox, { route: 'verify', kind: 'status', status: 403, code: 93 });
    const page = await comeBack(location);
    expect([page.status, page.text]).toEqual([422, textWith('Read, write and Direct Messages')]);
    expect(await channels()).toEqual([]);
  });

  it('makes the channel also where it cannot be connected, and says why', async () => {
    const { body } = await begin({ ...NEW_CHANNEL, environmentName: 'Prod' });
    const page = await signInAs(body, NAJM.id);
    expect([page.status, page.text]).toEqual([200, textWith('not connected yet')]);
    expect(await see(body.id)).toMatchObject({ status: 'completed', failure: { code: 'channel.environment-not-found', detail: textWith('prod') } });
    expect((await channels())[0]?.status).toBe('pending');
    const second = await begin({ ...NEW_CHANNEL, connect: false });
    await signInAs(second.body, FIBRE.id);
    expect(await see(second.body.id)).toMatchObject({ status: 'completed', failure: null });
  });

  it('tells which address to register at X when X does not send people back here', async () => {
    both.sandbox.people.patchApp(NAJM_APP_ID, { callbackUrls: ['https://elsewhere.example/callback'] });
    const { status, body } = await begin();
    expect([status, body.code]).toEqual([422, 'channel.callback-url-rejected']);
    expect(body).toMatchObject({ x: { code: 415 }, remedy: textWith('/v1/channels/authorizations/callback') });
    expect(await countRows(both.databaseUrl, 'authorizations')).toBe(0);
  });

  it.each([
    ['a wrong consumer secret', { ...NEW_CHANNEL, consumerSecret: 'wrong' }, 422, 'channel.credentials-rejected'],
    ['a channel that is not there', { channelId: 'chn_none' }, 404, 'channel.not-found'],
    ['no name', { ...NEW_CHANNEL, name: undefined }, 400, 'request.invalid'],
    ['a name for a channel that is there', { channelId: 'chn_none', name: 'x' }, 400, 'request.invalid'],
    ['tokens', { ...NEW_CHANNEL, accessToken: 'x' }, 400, 'request.invalid'],
  ])('refuses %s', async (_what, body, status, code) => {
    const answer = await begin(body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('is begun once per Idempotency-Key, and is nobody’s but the team’s', async () => {
    const [first, again] = [await begin(NEW_CHANNEL, { 'idempotency-key': 'one' }), await begin(NEW_CHANNEL, { 'idempotency-key': 'one' })];
    expect(again.text).toBe(first.text);
    const { key } = (await service.call('/v1/api-keys', { body: { team: 'others', scopes: ['channels:read', 'channels:write'] } })).body;
    expect((await service.call(`/v1/channels/authorizations/${first.body.id}`, { key })).body['code']).toBe('authorization.not-found');
    const { id } = await connectNajm(service);
    expect((await service.call('/v1/channels/authorizations', { key, body: { channelId: id } })).body['code']).toBe('channel.not-found');
  });

  it('keeps no secret that anybody can read, and none at all when it is over', async () => {
    const { body } = await begin();
    const token = new URL(body.authorizeUrl ?? '').searchParams.get('oauth_token') ?? '';
    const stored = async () => JSON.stringify(await queryDatabase(both.databaseUrl, 'SELECT * FROM authorizations'));
    expect(await stored()).not.toMatch(new RegExp(`${consumerSecret}|${consumerKey}|${token}`));
    const before = (await stored()).length;
    await signInAs(body, NAJM.id);
    expect((await stored()).length).toBeLessThan(before - 200);
  });

  it('needs PUBLIC_URL', async () => {
    const bare = await startBoth({ env: { PUBLIC_URL: '' } });
    try {
      const { status, body } = await bare.service.call('/v1/channels/authorizations', { body: NEW_CHANNEL });
      expect([status, body['code']]).toEqual([409, 'channel.public-url-missing']);
    } finally {
      await bare.stop();
    }
  });
});
