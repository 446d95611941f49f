import { existsSync, readFileSync } from 'node:fs';
import { SubscriptionCheckJob } from '../../src/channels/connection/subscription-check.job.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import type { AnswerBody } from './answers.js';
import { FIBRE, NAJM, NAJM_APP_ID, RANIA } from './cast.js';
import { queryDatabase } from './database.js';
import { connectFibre, connectNajm, hear, type Both, type Service, startBoth } from './service.js';
import { deliver, inboundBody, payload, sign, VECTORS } from './x-webhook.js';

const HEADER = 'X-Twitter-Webhooks-Signature-OAuth2';
const [CLIENT_SECRET, NEXT] = ['canary-client-secret', 'canary-client-secret-two'];
const MINUTE_MS = 60_000;

/** X's two signatures: by the consumer secret, and by the client secret of OAuth 2.0. */
describe('A channel’s client secret', () => {
  let clock: ManualClock;
  let both: Both;
  let service: Service;
  let channel: AnswerBody;

  beforeEach(async () => {
    clock = new ManualClock();
    both = await startBoth({ clock });
    service = both.service;
    channel = await connectNajm(service, { clientId: 'canary-client-id', clientSecret: CLIENT_SECRET });
  });
  afterEach(() => both.stop());

  let next = 2089623330616353717n;
  const fresh = () => inboundBody({ id: String((next += 1n)), text: 'hello', createdAt: clock.now() });
  const patch = (body: unknown, id: string = channel.id) => service.call(`/v1/channels/${id}`, { method: 'PATCH', body });
  /** Secrets to sign with; a text in quotes is the header as it is, null none. */
  const post = async (consumer: string | null, client: string | null, body: string | Buffer = fresh(), to: AnswerBody = channel) => {
    const headers: Record<string, string> = client === null ? {} : { [HEADER]: client.startsWith('"') ? client.slice(1, -1) : sign(body, client) };
    const signature = consumer === null ? null : consumer.startsWith('"') ? consumer.slice(1, -1) : sign(body, consumer);
    return (await deliver(service, to, body, { signature, headers })).status;
  };
  const trusted = async (secret: string) => (await post(null, secret)) === 200;

  it.each<[string, string | null, string | null, number]>([
    ['both hold', NAJM.credentials.consumerSecret, CLIENT_SECRET, 200],
    ['the consumer secret’s holds alone', NAJM.credentials.consumerSecret, null, 200],
    ['the client secret’s holds alone', null, CLIENT_SECRET, 200],
    ['the consumer secret’s holds beside a wrong one', NAJM.credentials.consumerSecret, 'wrong', 200],
    ['the client secret’s holds beside a wrong one', 'wrong', CLIENT_SECRET, 200],
    ['the client secret’s holds beside an odd one', '"sha1=abc"', CLIENT_SECRET, 200],
    ['neither holds', 'wrong', 'wrong', 401],
    ['there is none', null, null, 401],
    ['the secrets are exchanged', CLIENT_SECRET, NAJM.credentials.consumerSecret, 401],
    ['the client secret’s is empty', null, '""', 401],
  ])('where %s', async (_what, consumer, client, status) => {
    const count = async () => (await queryDatabase(both.databaseUrl, 'SELECT id FROM webhook_events')).length;
    const before = await count();
    expect(await post(consumer, client)).toBe(status);
    expect((await count()) - before).toBe(status === 200 ? 1 : 0);
  });

  it('holds by X’s own vectors: those of the consumer secret, and the algorithm of these by the client secret', async () => {
    for (const [name, signature] of Object.entries(VECTORS.files).filter(([file]) => file.startsWith('xaa-'))) {
      const body = payload(name);
      expect(signature).toBe(sign(body));
      expect(await post(`"${signature}"`, null, body)).toBe(200);
    }
    const body = payload('xaa-dm-received-text.json');
    await patch({ clientSecret: NAJM.credentials.consumerSecret });
    expect(await post(null, `"${VECTORS.files['xaa-dm-received-text.json']}"`, body)).toBe(200);
  });

  it('is not trusted where no channel has it', async () => {
    expect((await patch({ clientSecret: null })).status).toBe(200);
    expect(await trusted(CLIENT_SECRET)).toBe(false);
    expect(await post(NAJM.credentials.consumerSecret, CLIENT_SECRET)).toBe(200);
  });

  it('is never shown, only when it was changed, and sealed at rest', async () => {
    const stored = await queryDatabase<{ name: string; sealed: string }>(both.databaseUrl, "SELECT name, sealed FROM channel_secrets WHERE name LIKE 'client%' ORDER BY name");
    expect(stored.map(({ name }) => name)).toEqual(['clientId', 'clientSecret']);
    clock.advance(MINUTE_MS);
    const changed = await patch({ clientSecret: NEXT });
    expect(Object.keys(changed.body['secrets'])).toEqual(['consumerKey', 'consumerSecret', 'accessToken', 'accessTokenSecret', 'clientId', 'clientSecret']);
    expect(changed.body.secrets.clientSecret.updatedAt > changed.body.secrets.clientId.updatedAt).toBe(true);
    const told = [changed, await service.call('/v1/channels'), await service.call(`/v1/channels/${channel['id']}/health`), await service.call('/v1/events'), await service.call('/v1/audit-log')];
    expect(told.filter(({ text }) => text.includes('canary')).map(({ text }) => text)).toEqual([]);
    const file = new URL(both.databaseUrl.replace('sqlite:', 'file:')).pathname;
    expect([file, `${file}-wal`].filter((path) => existsSync(path) && readFileSync(path).includes('canary'))).toEqual([]);
    expect((await patch({ clientId: null, clientSecret: null })).body['secrets']).not.toHaveProperty('clientSecret');
  });

  it('is rotated without losing an event: both hold until X signs with the new one, then the old one is retired', async () => {
    await patch({ clientSecret: NEXT });
    expect([await trusted(CLIENT_SECRET), await trusted(NEXT)]).toEqual([true, true]);
    await eventually(async () => {
      const rows = await queryDatabase(both.databaseUrl, 'SELECT webhook_key FROM webhooks WHERE new_client_secret_seen_at IS NOT NULL');
      expect(rows).toHaveLength(1);
    }, 'X was seen to sign with the new one');
    clock.advance(10 * MINUTE_MS - 1);
    await service.app.get(SubscriptionCheckJob).run();
    expect(await trusted(CLIENT_SECRET)).toBe(true);
    clock.advance(1);
    await service.app.get(SubscriptionCheckJob).run();
    expect([await trusted(CLIENT_SECRET), await trusted(NEXT)]).toEqual([false, true]);
  });

  it('says nothing of the consumer secret, whose rotation goes on by itself', async () => {
    both.sandbox.people.patchApp(NAJM_APP_ID, { consumerSecret: 'rotated' });
    await patch({ consumerSecret: 'rotated' });
    await patch({ clientSecret: NEXT });
    await queryDatabase(both.databaseUrl, 'UPDATE webhooks SET new_secret_seen_at = NULL, new_client_secret_seen_at = 1');
    clock.advance(10 * MINUTE_MS);
    await service.app.get(SubscriptionCheckJob).run();
    expect([await trusted(CLIENT_SECRET), await post(NAJM.credentials.consumerSecret, null), await post('rotated', null)]).toEqual([false, 200, 200]);
  });

  it('is the app’s: its other channels that have the old one get the new one', async () => {
    const fibre = await connectFibre(service);
    await patch({ clientSecret: CLIENT_SECRET }, fibre.id);
    clock.advance(MINUTE_MS);
    await patch({ clientSecret: NEXT });
    const kept = await queryDatabase<{ channel_id: string; name: string }>(both.databaseUrl, "SELECT channel_id, name FROM channel_secrets WHERE name LIKE '%lientSecret' ORDER BY channel_id, name");
    expect(kept.map(({ channel_id: id, name }) => [id, name])).toEqual([channel['id'], fibre['id']].sort().flatMap((id) => [[id, 'clientSecret'], [id, 'previousClientSecret']]));
    clock.advance(7 * 24 * 60 * MINUTE_MS);
    await service.app.get(SubscriptionCheckJob).run();
    expect([await trusted(CLIENT_SECRET), await trusted(NEXT)]).toEqual([false, true]);
    expect(fibre['account'].id).toBe(FIBRE.id);
  });

  it('goes when the channel becomes one of another app', async () => {
    const app = both.sandbox.people.addApp({ name: 'Najm Desk', consumerKey: 'deskKey', consumerSecret: 'desk-secret', environments: ['prod'] });
    const { token, tokenSecret } = both.sandbox.people.authorize(NAJM.id, { appId: app.id });
    channel = (await patch({ consumerKey: 'deskKey', consumerSecret: 'desk-secret', accessToken: token, accessTokenSecret: tokenSecret })).body;
    expect(channel['secrets']).not.toHaveProperty('clientSecret');
    expect([await trusted(CLIENT_SECRET), await post('desk-secret', null)]).toEqual([false, 200]);
  });

  it('lets X sign both ways, and with the client secret alone', async () => {
    both.sandbox.people.patchApp(NAJM_APP_ID, { clientSecret: CLIENT_SECRET });
    await hear(both, RANIA.id, 'signed twice');
    // X has another consumer secret than we know, and signs with the one that we know besides.
    both.sandbox.people.patchApp(NAJM_APP_ID, { consumerSecret: 'not-known-yet' });
    await hear(both, RANIA.id, 'held by the second');
  });
});
