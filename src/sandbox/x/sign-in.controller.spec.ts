import { BRAND_ID, SEED_APP } from '../seeds.js';
import { startSandbox, type Sandbox } from '../sandbox-server.service.js';
import { XCaller } from '../testing/x-caller.service.js';

const CALLBACK = 'https://dm.example.com/callback';

describe('Signing in at X', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await startSandbox();
  });
  afterEach(() => sandbox.close());

  const keys = (accessToken: string, accessTokenSecret: string) => ({ consumerKey: SEED_APP.consumerKey, consumerSecret: SEED_APP.consumerSecret, accessToken, accessTokenSecret });
  const begin = (callback = CALLBACK) => new XCaller(sandbox.url, keys('', '')).call('POST', '/oauth/request_token', { form: { oauth_callback: callback } });
  const begun = async () => {
    const fields = new URLSearchParams((await begin()).text);
    return { token: fields.get('oauth_token') ?? '', secret: fields.get('oauth_token_secret') ?? '' };
  };
  const decide = async (form: Record<string, string>) => {
    const answer = await fetch(`${sandbox.url}/oauth/authorize`, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
    return { status: answer.status, location: answer.headers.get('location') };
  };
  const exchange = (token: string, secret: string, verifier: string) => new XCaller(sandbox.url, keys(token, secret)).call('POST', '/oauth/access_token', { form: { oauth_verifier: verifier } });

  it('gives the tokens of the account that said yes, which X takes from then on', async () => {
    const { token, secret } = await begun();
    const page = await fetch(`${sandbox.url}/oauth/authorize?oauth_token=${token}`);
    expect(await page.text()).toContain('Authorize as');
    const { status, location } = await decide({ oauth_token: token, account: BRAND_ID });
    expect([status, location?.startsWith(`${CALLBACK}?oauth_token=${token}&oauth_verifier=`)]).toEqual([302, true]);
    const answer = await exchange(token, secret, new URL(location ?? '').searchParams.get('oauth_verifier') ?? '');
    const fields = new URLSearchParams(answer.text);
    expect([answer.status, fields.get('user_id')]).toEqual([200, BRAND_ID]);
    const x = new XCaller(sandbox.url, keys(fields.get('oauth_token') ?? '', fields.get('oauth_token_secret') ?? ''));
    expect((await x.call('GET', '/1.1/account/verify_credentials.json')).status).toBe(200);
  });

  it('takes a request token once, and with its verifier only', async () => {
    const { token, secret } = await begun();
    expect((await exchange(token, secret, 'too-early')).status).toBe(401);
    const { location } = await decide({ oauth_token: token, account: BRAND_ID });
    const verifier = new URL(location ?? '').searchParams.get('oauth_verifier') ?? '';
    expect((await exchange(token, secret, 'another')).status).toBe(401);
    expect((await exchange(token, 'another', verifier)).code).toBe(32);
    expect((await exchange(token, secret, verifier)).status).toBe(200);
    expect((await exchange(token, secret, verifier)).status).toBe(401);
    expect((await decide({ oauth_token: token, account: BRAND_ID })).status).toBe(401);
  });

  it('sends back who says no', async () => {
    const { token } = await begun();
    expect(await decide({ oauth_token: token, deny: 'yes' })).toEqual({ status: 302, location: `${CALLBACK}?denied=${token}` });
    expect((await fetch(`${sandbox.url}/oauth/authorize?oauth_token=${token}`)).status).toBe(401);
  });

  it('sends nobody to an address that the app has not registered', async () => {
    sandbox.people.patchApp(SEED_APP.id, { callbackUrls: [CALLBACK] });
    expect((await begin()).status).toBe(200);
    const refused = await begin('https://elsewhere.example');
    expect([refused.status, refused.code]).toEqual([403, 415]);
  });

  it('lets a request token do nothing else', async () => {
    const { token, secret } = await begun();
    expect((await new XCaller(sandbox.url, keys(token, secret)).call('GET', '/1.1/account/verify_credentials.json')).code).toBe(215);
  });
});
