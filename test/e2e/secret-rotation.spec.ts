import { SubscriptionCheckJob } from '../../src/channels/connection/subscription-check.job.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, having } from './answers.js';
import { NAJM, NAJM_APP_ID, RANIA } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, connectFibre, connectNajm, type Service, startBoth } from './service.js';
import { challenge, deliver, inboundBody, sign } from './x-webhook.js';

const NEW_SECRET = 'rotated-consumer-secret';
const OLD_SECRET = NAJM.credentials.consumerSecret;
const MINUTE_MS = 60_000;

describe('Rotating an app’s consumer secret', () => {
  let clock: ManualClock;
  let both: Both;
  let service: Service;
  let channel: AnswerBody;

  beforeEach(async () => {
    clock = new ManualClock();
    both = await startBoth({ clock });
    service = both.service;
    channel = await connectNajm(service);
  });
  afterEach(() => both.stop());

  const rotateAtX = () => both.sandbox.people.patchApp(NAJM_APP_ID, { consumerSecret: NEW_SECRET });
  const patch = (body: unknown) => service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body });
  const kept = () => queryDatabase<{ n: number }>(both.databaseUrl, "SELECT count(*) AS n FROM channel_secrets WHERE name = 'previousConsumerSecret'").then(([row]) => row?.n);
  let next = 2089623330616353717n;
  const event = (secret: string) => {
    const body = inboundBody({ id: String((next += 1n)), text: `signed with ${secret}`, createdAt: clock.now() });
    return deliver(service, channel, body, { signature: sign(body, secret) });
  };
  const texts = async () => (await service.call('/v1/messages?direction=inbound&limit=100')).body['data'].map((message: AnswerBody) => message['content'].text);

  it('is tried on X first: a secret that X does not take changes nothing', async () => {
    const answer = await patch({ consumerSecret: NEW_SECRET });
    expect([answer.status, answer.body['code']]).toEqual([422, 'channel.credentials-rejected']);
    expect((await event(NEW_SECRET)).status).toBe(401);
    expect((await event(OLD_SECRET)).status).toBe(200);
  });

  it('loses no event: both secrets hold while X signs with the old one, then the old one is retired', async () => {
    const before = (await service.call('/v1/messages')).body;
    rotateAtX();
    expect((await patch({ consumerSecret: NEW_SECRET })).body).toMatchObject({ status: 'connected', id: channel['id'] });
    expect(both.sandbox.overview.webhooks()).toEqual([having({ isValid: true, url: channel['webhookUrl'] })]);
    expect([(await event(OLD_SECRET)).status, (await event(NEW_SECRET)).status]).toEqual([200, 200]);
    await eventually(async () => expect(await texts()).toEqual([`signed with ${NEW_SECRET}`, `signed with ${OLD_SECRET}`]), 'both are there');
    expect((await service.call('/v1/messages')).body['data'].length).toBe(before['data'].length + 2);

    await eventually(async () => {
      const rows = await queryDatabase(both.databaseUrl, 'SELECT webhook_key FROM webhooks WHERE new_secret_seen_at IS NOT NULL');
      expect(rows).toHaveLength(1);
    }, 'X was seen to sign with the new one');
    clock.advance(10 * MINUTE_MS - 1);
    await service.app.get(SubscriptionCheckJob).run();
    expect([await kept(), (await event(OLD_SECRET)).status]).toEqual([1, 200]);
    clock.advance(1);
    await service.app.get(SubscriptionCheckJob).run();
    expect([await kept(), (await event(OLD_SECRET)).status, (await event(NEW_SECRET)).status]).toEqual([0, 401, 200]);
  });

  it('keeps the old one as long as X is not seen to sign with the new one, for a week', async () => {
    // The API takes the new secret already, the webhooks’ machines have the old one yet.
    rotateAtX();
    await patch({ consumerSecret: NEW_SECRET });
    await queryDatabase(both.databaseUrl, 'UPDATE webhooks SET new_secret_seen_at = NULL');
    clock.advance(6 * 24 * 60 * MINUTE_MS);
    await service.app.get(SubscriptionCheckJob).run();
    expect((await event(OLD_SECRET)).status).toBe(200);
    await queryDatabase(both.databaseUrl, 'UPDATE webhooks SET new_secret_seen_at = NULL');
    clock.advance(24 * 60 * MINUTE_MS);
    await service.app.get(SubscriptionCheckJob).run();
    expect([await kept(), (await event(OLD_SECRET)).status]).toEqual([0, 401]);
  });

  it('answers a challenge with the secret that X signed it with, and an unsigned one with the new one', async () => {
    rotateAtX();
    await patch({ consumerSecret: NEW_SECRET });
    const query = 'crc_token=0123456789abcdefghij&nonce=abc';
    const path = `${new URL(channel['webhookUrl']).pathname}?${query}`;
    const answerTo = async (secret: string | null) => {
      const headers: Record<string, string> = secret === null ? {} : { 'x-twitter-webhooks-signature': sign(query, secret) };
      return (await service.call(path, { key: null, headers })).body['response_token'];
    };
    expect(await answerTo(OLD_SECRET)).toBe(sign('0123456789abcdefghij', OLD_SECRET));
    expect(await answerTo(NEW_SECRET)).toBe(sign('0123456789abcdefghij', NEW_SECRET));
    expect(await answerTo(null)).toBe(sign('0123456789abcdefghij', NEW_SECRET));
    expect((await challenge(service, channel, query)).status).toBe(200);
  });

  it('is the app’s: its other channels have the new secret too, and go on', async () => {
    const fibre = await connectFibre(service);
    rotateAtX();
    await service.app.get(SubscriptionCheckJob).run();
    expect((await service.call(`/v1/channels/${fibre['id']}`)).body['status']).toBe('revoked');
    await patch({ consumerSecret: NEW_SECRET });
    for (const { id } of [channel, fibre] as { id: string }[]) {
      expect((await service.call(`/v1/channels/${id}`)).body['status']).toBe('connected');
    }
    await both.sandbox.conversations.write(RANIA.id, 'participant', { to: String(fibre['account'].id), text: 'to the other one' });
    await eventually(async () => expect(await texts()).toContain('to the other one'), 'the other channel hears');
  });

  it('trusts neither secret of an app that a channel has left', async () => {
    rotateAtX();
    await patch({ consumerSecret: NEW_SECRET });
    const app = both.sandbox.people.addApp({ name: 'Najm Desk', consumerKey: 'deskKey', consumerSecret: 'desk-secret', environments: ['prod'] });
    const { token, tokenSecret } = both.sandbox.people.authorize(NAJM.id, { appId: app.id });
    channel = (await patch({ consumerKey: 'deskKey', consumerSecret: 'desk-secret', accessToken: token, accessTokenSecret: tokenSecret })).body;
    expect(channel['status']).toBe('connected');
    expect([(await event(OLD_SECRET)).status, (await event(NEW_SECRET)).status, (await event('desk-secret')).status]).toEqual([401, 401, 200]);
    expect(await kept()).toBe(0);
  });
});
