import { startWebhookReceiver } from '../../src/sandbox/testing/webhook-receiver.service.js';
import type { AnswerBody } from './answers.js';
import { FIBRE, NAJM, RANIA } from './cast.js';
import { type Both, FIBRE_CHANNEL, hear, messageIn, NAJM_CHANNEL, startBoth, textTo } from './service.js';

/** One way of X's to tell of events, and how to put another webhook into the app's place there. */
export interface Generation {
  eventsApi: string;
  /** How many webhooks of others leave no room for ours. */
  room: number;
  registerForeign: (both: Both, url: string) => Promise<number>;
}

const { environmentName, ...WITHOUT_ENVIRONMENT } = NAJM_CHANNEL;

/** What every adapter of X's event delivery has to do for a channel, against the sandbox. */
export function behavesAsEventsApi({ eventsApi, room, registerForeign }: Generation): void {
  const body = { ...(eventsApi === 'account-activity-premium' ? NAJM_CHANNEL : WITHOUT_ENVIRONMENT), eventsApi };
  let both: Both;
  let channel: AnswerBody;

  const at = (path: string, method = 'POST', content?: unknown) => both.service.call(`/v1/channels/${channel['id']}${path}`, { method, ...(content === undefined ? {} : { body: content }) });
  const connect = (content?: unknown) => at('/connect', 'POST', content);
  const webhooks = () => both.sandbox.overview.webhooks();
  const subscribed = () => both.sandbox.overview.state().subscriptions.map(({ accountId }) => accountId);
  const failing = (health: AnswerBody): string[] => (health as unknown as { checks: { name: string; ok: boolean }[] }).checks.filter(({ ok }) => !ok).map(({ name }) => name);

  beforeEach(async () => {
    both = await startBoth();
    const created = await both.service.call('/v1/channels', { body });
    expect([created.status, created.text]).toEqual([201, expect.stringContaining(`"eventsApi":"${eventsApi}"`)]);
    channel = created.body;
  });
  afterEach(() => both.stop());

  it('connects, receives, replies within the window, is checked, and disconnects', async () => {
    expect((await connect()).body['status']).toBe('connected');
    expect(webhooks()).toEqual([expect.objectContaining({ url: channel['webhookUrl'], isValid: true })]);
    expect(subscribed()).toEqual([NAJM.id]);

    const heard = await hear(both, RANIA.id, 'Is anybody there?');
    expect(heard['content']).toEqual({ type: 'text', text: 'Is anybody there?' });
    const accepted = (await both.service.call('/v1/messages', { body: textTo('We are') })).body;
    expect(accepted['charge']).toBe('reply');
    expect((await messageIn(both.service, accepted['id'], 'sent'))['window']).toMatchObject({ open: true, used: 1, remaining: 4 });
    await both.sandbox.whenIdle();
    // X's echo of our own send is no message of its own.
    expect((await both.service.call('/v1/messages?limit=100')).body['data']).toHaveLength(2);

    expect(failing((await at('/checks')).body)).toEqual([]);
    const disconnected = await at('/disconnect');
    expect([disconnected.status, disconnected.body['status']]).toEqual([200, 'disconnected']);
    expect(subscribed()).toEqual([]);
  });

  it('adopts a webhook that has our address already, and repeating it is harmless', async () => {
    await connect();
    const [before] = webhooks();
    expect((await connect()).status).toBe(200);
    expect(webhooks()).toEqual([expect.objectContaining({ id: before?.id, isValid: true })]);
    expect(subscribed()).toEqual([NAJM.id]);
  });

  it('mends a subscription that X has dropped, a webhook that X holds for invalid, and one that is gone', async () => {
    await connect();
    both.sandbox.webhooks.unsubscribe(NAJM.id);
    expect(subscribed()).toEqual([]);
    expect(failing((await at('/checks')).body)).toEqual([]);
    expect(subscribed()).toEqual([NAJM.id]);

    both.sandbox.webhooks.invalidate(webhooks()[0]?.id ?? '');
    expect(failing((await at('/checks')).body)).toEqual([]);
    expect(webhooks()).toEqual([expect.objectContaining({ isValid: true })]);

    both.sandbox.webhooks.remove(webhooks()[0]?.id ?? '');
    expect(failing((await at('/checks')).body)).toEqual([]);
    expect(webhooks()).toEqual([expect.objectContaining({ url: channel['webhookUrl'] })]);
    expect(subscribed()).toEqual([NAJM.id]);
    await hear(both, RANIA.id, 'After all that');
  });

  it('shares a webhook with the app’s other channels, and leaves it to them', async () => {
    await connect();
    const other = (await both.service.call('/v1/channels', { body: { ...body, ...FIBRE_CHANNEL, environmentName: body.eventsApi === 'account-activity-premium' ? environmentName : undefined } })).body;
    expect(other['webhookUrl']).toBe(channel['webhookUrl']);
    expect((await both.service.call(`/v1/channels/${other['id']}/connect`, { method: 'POST' })).status).toBe(200);
    expect(subscribed().sort()).toEqual([NAJM.id, FIBRE.id].sort());
    expect((await at('', 'DELETE')).status).toBe(204);
    expect([webhooks().length, subscribed()]).toEqual([1, [FIBRE.id]]);
    expect((await both.service.call(`/v1/channels/${other['id']}`, { method: 'DELETE' })).status).toBe(204);
    expect(webhooks()).toEqual([]);
  });

  it('pushes no webhook of somebody else out', async () => {
    const receivers = await Promise.all(Array.from({ length: room }, () => startWebhookReceiver(NAJM.credentials.consumerSecret)));
    try {
      for (const receiver of receivers) {
        expect(await registerForeign(both, receiver.url)).toBe(200);
      }
      const refused = await connect();
      expect([refused.status, refused.body['code']]).toEqual([409, 'channel.webhook-occupied']);
      expect(refused.text).toContain(receivers[0]?.url);
      expect(webhooks().map(({ url }) => url).sort()).toEqual(receivers.map(({ url }) => url).sort());

      const takenOver = await connect({ takeOver: true });
      // Of several, which one is to go is not for us to say.
      expect(takenOver.status).toBe(room === 1 ? 200 : 409);
      expect(webhooks()).toHaveLength(room);
    } finally {
      await Promise.all(receivers.map((receiver) => receiver.close()));
    }
  });

  it('subscribes nobody with a consumer secret that X has replaced', async () => {
    both.sandbox.people.patchApp('29981177', { consumerSecret: 'another-secret' });
    const refused = await connect();
    expect(refused.status).toBe(422);
    expect(subscribed()).toEqual([]);
    expect((await at('', 'GET')).body['status']).not.toBe('connected');
  });
}
