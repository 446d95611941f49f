import { SubscriptionCheckJob } from '../../src/channels/connection/subscription-check.job.js';
import { UnknownMessagesJob } from '../../src/messaging/unknown/unknown-messages.job.js';
import { eventually } from '../support/eventually.js';
import type { AnswerBody } from './answers.js';
import { NAJM, RANIA } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';

describe('A channel that X does not let act any more', () => {
  let both: Both;
  let service: Service;
  let id: string;

  beforeEach(async () => {
    both = await startBoth();
    service = both.service;
    id = (await connectNajm(service))['id'];
    await hear(both, RANIA.id);
  });
  afterEach(() => both.stop());

  const channel = async () => (await service.call(`/v1/channels/${id}`)).body;
  const send = async (text: string): Promise<AnswerBody> => (await service.call('/v1/messages', { body: textTo(text) })).body;
  const told = () => queryDatabase<{ type: string; data: string }>(both.databaseUrl, "SELECT type, data FROM team_events WHERE type LIKE 'channel.%' ORDER BY id");
  const reauthorise = async () => {
    const { token, tokenSecret } = both.sandbox.people.authorize(NAJM.id, {});
    return service.call(`/v1/channels/${id}`, { method: 'PATCH', body: { accessToken: token, accessTokenSecret: tokenSecret } });
  };

  it.each<[number, string, number]>([
    [89, 'withdrew its access', 401],
    [64, 'is suspended', 403],
    [326, 'is locked', 403],
  ])('is revoked by X’s answer %d to a send (the account %s): the message waits, X is asked nothing, and it goes out once when X lets it', async (code, _what, status) => {
    // Until a person has mended it at X.
    fault(both.sandbox, { route: 'send', kind: 'status', status, code, times: null });
    const first = await send('the one that finds out');
    await messageIn(service, first['id'], 'held');
    expect(await channel()).toMatchObject({ status: 'revoked', statusDetail: expect.stringMatching(/.{20,}/) as string });
    both.sandbox.ledger.clear();
    const second = await send('one after it');
    expect((await messageIn(service, second['id'], 'held'))['heldBecause']).toBe('channel-revoked');
    await service.app.get(SubscriptionCheckJob).run();
    await service.app.get(UnknownMessagesJob).run();
    const stranger = await service.call('/v1/messages', { body: textTo('who are you?', newcomer(both.sandbox)) });
    expect([stranger.status, stranger.body['code']]).toEqual([422, 'channel.credentials-rejected']);
    const named = await service.call('/v1/messages', { body: { ...textTo('by name'), to: { username: RANIA.username } } });
    expect([named.status, named.body['code']]).toEqual([422, 'channel.credentials-rejected']);
    expect(both.sandbox.ledger.requests).toEqual([]);

    both.sandbox.faults.remove();
    expect((await service.call(`/v1/channels/${id}/checks`, { method: 'POST' })).body['status']).toBe('connected');
    for (const message of [first, second]) {
      await messageIn(service, message['id'], 'sent');
    }
    expect(both.sandbox.ledger.sends.map(({ text }) => text)).toEqual(['the one that finds out', 'one after it']);
    expect((await told()).map(({ type }) => type)).toEqual(['channel.connected', 'channel.revoked', 'channel.connected']);
  });

  it('is revoked by X’s event, told once with the reason, and goes on with new tokens', async () => {
    await both.sandbox.people.revoke(NAJM.id);
    await eventually(async () => expect((await channel())['status']).toBe('revoked'), 'revoked');
    await service.app.get(SubscriptionCheckJob).run();
    const held = await send('after the end');
    expect((await messageIn(service, held['id'], 'held'))['heldBecause']).toBe('channel-revoked');
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual(['channel.connected', 'channel.revoked']);
    expect(JSON.parse(events[1]?.data ?? '')).toMatchObject({ id, status: 'revoked', statusDetail: expect.stringContaining('withdrew') as string });
    expect(events.map(({ data }) => data).join()).not.toContain(NAJM.credentials.consumerSecret);

    expect((await reauthorise()).body['status']).toBe('connected');
    await messageIn(service, held['id'], 'sent');
  });

  it('stays revoked, and connected again is nobody, when the new tokens are those of a stranger', async () => {
    await both.sandbox.people.revoke(NAJM.id);
    await eventually(async () => expect((await channel())['status']).toBe('revoked'), 'revoked');
    const stranger = both.sandbox.people.addBrand({ name: 'Other', screenName: 'other_brand' });
    const answer = await service.call(`/v1/channels/${id}`, { method: 'PATCH', body: { accessToken: stranger.grant.token, accessTokenSecret: stranger.grant.tokenSecret } });
    expect([answer.status, answer.body['code']]).toEqual([422, 'channel.different-account']);
    expect((await channel())['status']).toBe('revoked');
  });
});
