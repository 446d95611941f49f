import { HOUR_MS, MINUTE_MS } from '../../src/kernel/duration.js';
import { startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, anyText, having } from './answers.js';
import { FIBRE, IDRIS, NAJM, RANIA } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';

describe('What X answers to a send', () => {
  const clock = new ManualClock(Date.now());
  let both: Both;
  let service: Service;
  let channelId: string;

  const send = async (text: string, participant: string) => (await service.call('/v1/messages', { body: textTo(text, participant) })).body;
  const sends = (text: string) => both.sandbox.ledger.sends.filter((one) => one.text === text);
  const asked = () => both.sandbox.ledger.requests.filter(({ path }) => path.endsWith('/events/new.json')).length;
  const window = async (message: AnswerBody) => (await service.call(`/v1/conversations/${message['conversationId']}`)).body['window'];

  beforeAll(async () => {
    both = await startBoth({ clock, env: { TWITTER_CHANNEL__X__TIMEOUT_MS: '300' } });
    service = both.service;
    channelId = (await connectNajm(service))['id'];
  });
  afterEach(async () => {
    both.sandbox.faults.remove();
    await both.sandbox.whenIdle();
  });
  afterAll(() => both.stop());

  it('fails what X will not take, with X’s own answer', async () => {
    await hear(both, IDRIS.id);
    await both.sandbox.people.relate('block', IDRIS.id, NAJM.id);
    const failed = await messageIn(service, (await send('to Idris', IDRIS.id))['id'], 'failed');
    expect(failed).toMatchObject({ charge: null, sentAt: null, xMessageId: null });
    expect(failed['failure']).toEqual({
      code: 'message.participant-unreachable',
      detail: anyText,
      x: { status: 403, code: 349, detail: 'You cannot send messages to this user.' },
    });
    expect(sends('to Idris')).toEqual([]);
  });

  it.each([
    [403, 349, 'message.participant-unreachable'],
    [403, 226, 'message.looks-automated'],
    [403, 354, 'message.too-long'],
    [400, 999, 'message.refused-by-x'],
  ])('gives the reply back when X refuses with %i and code %i', async (status, xCode, code) => {
    const participant = newcomer(both.sandbox);
    await hear(both, participant);
    fault(both.sandbox, { route: 'send', kind: 'status', status, code: xCode, message: 'No.' });
    const message = await send(`refused ${xCode}`, participant);
    expect(message['window']).toMatchObject({ used: 1, remaining: 4 });
    const failed = await messageIn(service, message['id'], 'failed');
    expect(failed).toMatchObject({ charge: null, failure: { code, x: { status, code: xCode, detail: 'No.' } } });
    expect(await window(message)).toMatchObject({ used: 0, remaining: 5 });
    expect(sends(`refused ${xCode}`)).toEqual([]);
  });

  it('waits as long as X says when a rate limit is used up, then sends once, after which come those behind it', async () => {
    const participant = newcomer(both.sandbox);
    fault(both.sandbox, { route: 'send', kind: '429' });
    const message = await send('limited', participant);
    const held = await messageIn(service, message['id'], 'held');
    expect(held['heldBecause']).toBe('rate-limit');
    expect(Date.parse(held['heldUntil']) - clock.now()).toBeGreaterThan(MINUTE_MS - 2_000);
    const behind = await send('behind it', participant);
    const before = asked();
    clock.advance(30_000);
    expect((await service.call(`/v1/messages/${behind['id']}`)).body).toMatchObject({ status: 'held', heldBecause: 'rate-limit' });
    expect(asked()).toBe(before);
    clock.advance(HOUR_MS);
    await messageIn(service, behind['id'], 'sent');
    expect(both.sandbox.ledger.sends.filter((one) => one.participant === participant).map(({ text }) => text)).toEqual(['limited', 'behind it']);
  });

  const unclear = ['accept-then-500', 'accept-then-503', 'accept-then-reset', 'accept-then-hang', 'truncated-json', 'reset-after', '151-but-delivered'] as const;
  it.each(unclear)('never sends again what X took and did not confirm (%s), and learns from X’s echo that it was sent', async (kind) => {
    const participant = newcomer(both.sandbox);
    await hear(both, participant);
    fault(both.sandbox, { route: 'send', kind });
    const message = await send(kind, participant);
    const sent = await messageIn(service, message['id'], 'sent');
    expect(sends(kind)).toEqual([having({ eventId: sent['xMessageId'], participant })]);
    expect(await window(message)).toMatchObject({ used: 1 });
    const { body } = await service.call(`/v1/conversations/${message['conversationId']}/messages`);
    expect(body['data']).toHaveLength(2);
  });

  it.each(['accept-then-500', 'accept-then-hang', 'hang', 'reset-before', 'html-error'] as const)(
    'does not pretend to know when X gives neither answer nor echo (%s): unknown, tried once, its reply kept',
    async (kind) => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      fault(both.sandbox, { route: 'send', kind });
      fault(both.sandbox, { route: 'echo', kind: 'echo-drop', participant });
      const text = `lost ${kind}`;
      const before = asked();
      const message = await send(text, participant);
      const unknown = await messageIn(service, message['id'], 'unknown');
      expect(unknown).toMatchObject({ sentAt: null, failure: null, charge: 'reply' });
      clock.advance(HOUR_MS);
      const next = await send(`after ${text}`, participant);
      await messageIn(service, next['id'], 'sent');
      expect((await service.call(`/v1/messages/${message['id']}`)).body['status']).toBe('unknown');
      expect(asked()).toBe(before + 2);
      expect(await window(message)).toMatchObject({ used: 2 });
    },
  );

  it.each(['echo-before-answer', 'echo-twice'] as const)('knows its own echo: %s', async (kind) => {
    fault(both.sandbox, { route: 'echo', kind });
    const message = await send(kind, RANIA.id);
    await messageIn(service, message['id'], 'sent');
    await both.sandbox.whenIdle();
    const { body } = await service.call('/v1/messages?direction=outbound&limit=100');
    const same = (body['data']).filter((one) => one['content'].text === kind);
    expect(same).toEqual([having({ id: message['id'], source: 'api', status: 'sent' })]);
  });

  it('says that the tokens do not permit direct messages (93), and what becomes of the channel', async () => {
    await service.call(`/v1/channels`, { body: { name: 'Fibre', ...FIBRE.credentials, environmentName: 'prod' } });
    both.sandbox.people.patchAccount(FIBRE.id, { accessLevel: 'read-write' });
    const { body } = await service.call('/v1/messages', { body: { ...textTo('no permission', newcomer(both.sandbox, FIBRE.id)), from: FIBRE.id } });
    const failed = await messageIn(service, body['id'], 'failed');
    expect(failed['failure']).toMatchObject({ code: 'channel.direct-messages-not-permitted', x: { status: 403, code: 93 } });
    await eventually(async () => {
      const { body: page } = await service.call('/v1/channels');
      const fibre = page['data'].find((one: AnswerBody) => one['account'].id === FIBRE.id);
      expect(['degraded', 'revoked']).toContain(fibre?.status);
      expect(fibre?.statusDetail).toEqual(anyText);
    }, 'the channel says so');
    expect((await service.call(`/v1/channels/${channelId}`)).body['status']).toBe('connected');
  });
});

describe('Sending while X is away', () => {
  it('tries again what certainly never left, and sends it once when X is back', async () => {
    const both = await startBoth();
    const { service, sandbox } = both;
    let back: Awaited<ReturnType<typeof startSandbox>> | null = null;
    try {
      await connectNajm(service);
      await hear(both, RANIA.id);
      await sandbox.close();
      const { body } = await service.call('/v1/messages', { body: textTo('patience') });
      const refusals = "SELECT count(*) AS n FROM attempts WHERE outcome = 'not-sent'";
      await eventually(async () => expect(await queryDatabase(both.databaseUrl, refusals)).toEqual([{ n: 1 }]), 'X was not there');
      expect((await service.call(`/v1/messages/${body['id']}`)).body['status']).toBe('queued');
      back = await startSandbox({ port: sandbox.port });
      const sent = await messageIn(service, body['id'], 'sent');
      expect(back.ledger.sends).toEqual([having({ text: 'patience', eventId: sent['xMessageId'], brand: NAJM.id })]);
    } finally {
      await back?.close();
      await both.stop();
    }
  });
});
