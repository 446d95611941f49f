import { DAY_MS } from '../../kernel/duration.js';
import { signWebhook } from '../delivery/webhook-signature.js';
import {
  BRAND_ID, CLOSED_PARTICIPANT_ID, FOLLOWER_ID, OPEN_PARTICIPANT_ID, PARTICIPANT_64BIT_ID, PARTICIPANT_ID, READ_ONLY_BRAND_ID, SEED_APP,
} from '../seeds.js';
import { startSandbox, type Sandbox } from '../sandbox-server.service.js';
import { readFixture } from '../testing/fixtures.service.js';
import { startWebhookReceiver, type WebhookReceiver } from '../testing/webhook-receiver.service.js';
import { seedKeys, XCaller } from '../testing/x-caller.service.js';
import { snowflakeTime } from '../world/snowflake.js';

const STARTED_AT = Date.UTC(2026, 0, 15, 12);

let now: number;
let sandbox: Sandbox;
let receiver: WebhookReceiver;
let brand: XCaller;

beforeEach(async () => {
  now = STARTED_AT;
  sandbox = await startSandbox({ now: () => now, dailyLimits: { perUser: 3, perApp: 5 } });
  receiver = await startWebhookReceiver(SEED_APP.consumerSecret);
  brand = new XCaller(sandbox.url, seedKeys(BRAND_ID));
  await brand.call('POST', '/1.1/account_activity/all/prod/webhooks.json', { form: { url: receiver.url } });
  await brand.call('POST', '/1.1/account_activity/all/prod/subscriptions.json');
});

afterEach(async () => {
  await sandbox.close();
  await receiver.close();
});

const write = (text: string) => sandbox.conversations.write(PARTICIPANT_ID, 'participant', { to: BRAND_ID, text });
const charges = (): string[] => sandbox.ledger.sends.map((send) => send.countedAgainst);
const shape = (text: string): unknown =>
  JSON.parse(text, (_, value: unknown) => (typeof value === 'string' ? 'text' : typeof value === 'number' ? 0 : value));

describe('a send', () => {
  it('is answered with X’s event, whose id holds its time, and then echoed to the webhook', async () => {
    const reply = await brand.send(PARTICIPANT_ID, 'Hello & <welcome>');
    expect(reply.status).toBe(200);
    expect(JSON.stringify(shape(reply.text))).toBe(JSON.stringify(shape(readFixture('v1-dm-new.response'))));
    const { event } = JSON.parse(reply.text) as { event: { id: string; message_create: { message_data: { text: string } } } };
    expect(event.message_create.message_data.text).toBe('Hello &amp; &lt;welcome&gt;');
    expect(snowflakeTime(event.id)).toBe(STARTED_AT);
    await sandbox.whenIdle();
    const [echo] = receiver.events;
    expect(echo?.body).toContain(`"id":"${event.id}"`);
    expect(echo?.body).toContain('"source_app_id":"29981177"');
    expect(echo?.signature).toBe(signWebhook(SEED_APP.consumerSecret, echo?.body ?? ''));
  });

  it('counts five replies as free and the sixth against both limits', async () => {
    await write('hi');
    for (const text of ['1', '2', '3', '4', '5']) await brand.send(PARTICIPANT_ID, text);
    const sixth = await brand.send(PARTICIPANT_ID, '6');
    expect(charges()).toEqual(['allowance', 'allowance', 'allowance', 'allowance', 'allowance', 'limit']);
    expect(sixth.headers.get('x-user-limit-24hour-remaining')).toBe('2');
    expect(sixth.headers.get('x-app-limit-24hour-remaining')).toBe('4');
    expect(sixth.headers.get('x-user-limit-24hour-reset')).toBe(String((STARTED_AT + DAY_MS) / 1000));
  });

  it('is free until the millisecond before the 24 hours are over, and not at 24 hours', async () => {
    await write('hi');
    now = STARTED_AT + DAY_MS - 1;
    await brand.send(PARTICIPANT_ID, 'last');
    now = STARTED_AT + DAY_MS;
    await brand.send(PARTICIPANT_ID, 'late');
    expect(charges()).toEqual(['allowance', 'limit']);
  });

  it('is refused with 88 once a limit is used up, until the first send is 24 hours old', async () => {
    for (const text of ['1', '2', '3']) await brand.send(PARTICIPANT_ID, text);
    const refused = await brand.send(PARTICIPANT_ID, '4');
    expect([refused.status, refused.code, refused.headers.get('x-user-limit-24hour-remaining')]).toEqual([429, 88, '0']);
    now = STARTED_AT + DAY_MS - 1;
    expect((await brand.send(PARTICIPANT_ID, '4')).status).toBe(429);
    now = STARTED_AT + DAY_MS;
    expect((await brand.send(PARTICIPANT_ID, '4')).status).toBe(200);
    expect(sandbox.ledger.sends).toHaveLength(4);
  });

  it('within the free replies goes out although the limits are used up', async () => {
    for (const text of ['1', '2', '3']) await brand.send(PARTICIPANT_ID, text);
    await write('hi');
    expect((await brand.send(PARTICIPANT_ID, 'free')).status).toBe(200);
  });

  it.each([
    ['someone closed who never wrote', CLOSED_PARTICIPANT_ID, 403, 349],
    ['someone who does not follow and never wrote', PARTICIPANT_64BIT_ID, 403, 150],
    ['a follower', FOLLOWER_ID, 200, null],
    ['someone open to everyone', OPEN_PARTICIPANT_ID, 200, null],
    ['nobody', '999', 403, 108],
    ['what is not a number', 'rania', 400, 214],
  ])('to %s (%s) is answered with %d and %s', async (_, recipient, status, code) => {
    const reply = await brand.send(recipient, 'hello');
    expect([reply.status, reply.code]).toEqual([status, code]);
    expect(sandbox.ledger.sends).toHaveLength(status === 200 ? 1 : 0);
  });

  it('to someone closed goes through once they have written, and not after they block', async () => {
    await sandbox.conversations.write(CLOSED_PARTICIPANT_ID, 'participant', { to: BRAND_ID, text: 'hi' });
    expect((await brand.send(CLOSED_PARTICIPANT_ID, 'hello')).status).toBe(200);
    await sandbox.people.relate('block', CLOSED_PARTICIPANT_ID, BRAND_ID);
    expect((await brand.send(CLOSED_PARTICIPANT_ID, 'hello')).code).toBe(349);
  });

  it('to a suspended account is refused with 63, from one with 64', async () => {
    sandbox.people.patchAccount(PARTICIPANT_ID, { isSuspended: true });
    expect((await brand.send(PARTICIPANT_ID, 'x')).code).toBe(63);
    sandbox.people.patchAccount(BRAND_ID, { isSuspended: true });
    expect((await brand.send(PARTICIPANT_ID, 'x')).code).toBe(64);
  });

  it('of 10,000 characters is taken, of 10,001 refused with 354', async () => {
    expect((await brand.send(PARTICIPANT_ID, '🙏'.repeat(10_000))).status).toBe(200);
    const reply = await brand.send(PARTICIPANT_ID, 'x'.repeat(10_001));
    expect([reply.status, reply.code]).toEqual([403, 354]);
  });

  it('with tokens that may only read is refused with 93', async () => {
    const reader = new XCaller(sandbox.url, seedKeys(READ_ONLY_BRAND_ID));
    const reply = await reader.send(PARTICIPANT_ID, 'x');
    expect([reply.status, reply.code, reply.headers.get('x-access-level')]).toEqual([403, 93, 'read']);
  });
});

describe('the history', () => {
  const list = async (query: string): Promise<{ events: { id: string }[]; next_cursor?: string }> =>
    JSON.parse((await brand.call('GET', `/1.1/direct_messages/events/list.json${query}`)).text) as { events: { id: string }[]; next_cursor?: string };

  it('is both directions, newest first, in pages, for thirty days', async () => {
    const ids: string[] = [];
    for (const text of ['a', 'b', 'c']) {
      ids.unshift((await write(text)).eventId);
      now += 1000;
    }
    const first = await list('?count=2');
    expect(first.events.map((event) => event.id)).toEqual(ids.slice(0, 2));
    const second = await list(`?count=2&cursor=${first.next_cursor}`);
    expect(second.events.map((event) => event.id)).toEqual(ids.slice(2));
    expect(second.next_cursor).toBeUndefined();
    now = STARTED_AT + 30 * DAY_MS;
    expect((await list('')).events).toHaveLength(2);
  });

  it('has X’s shape, with the app of what the brand sent', async () => {
    await write('older');
    await write('Hi, my SIM stopped working this morning. Can you help?');
    await brand.send(PARTICIPANT_ID, 'Sorry to hear that, Rania. Which city are you in?');
    const { text } = await brand.call('GET', '/1.1/direct_messages/events/list.json?count=2');
    expect(JSON.stringify(shape(text))).toBe(JSON.stringify(shape(readFixture('v1-dm-events-list.response'))));
  });

  it('shows one message to those who are in it', async () => {
    const { eventId } = await write('Hi, my SIM stopped working this morning. Can you help?');
    const reply = await brand.call('GET', `/1.1/direct_messages/events/show.json?id=${eventId}`);
    expect(JSON.stringify(shape(reply.text))).toBe(JSON.stringify(shape(readFixture('v1-dm-events-show.response'))));
    expect((await brand.call('GET', '/1.1/direct_messages/events/show.json?id=1')).code).toBe(34);
  });
});

describe('who may write to whom', () => {
  it('is told by friendships/show, key for key', async () => {
    const reply = await brand.call('GET', `/1.1/friendships/show.json?source_id=${BRAND_ID}&target_id=${PARTICIPANT_ID}`);
    expect(JSON.parse(reply.text)).toEqual(JSON.parse(readFixture('v1-friendships-show.response')));
    const closed = await brand.call('GET', `/1.1/friendships/show.json?source_id=${BRAND_ID}&target_id=${CLOSED_PARTICIPANT_ID}`);
    expect(closed.text).toContain('"can_dm":false');
  });

  it('and who is who by users/show and users/lookup', async () => {
    expect((await brand.call('GET', '/1.1/users/show.json?screen_name=RANIA_kader_x')).text).toContain('"id":84391207,');
    expect((await brand.call('GET', '/1.1/users/show.json?screen_name=nobody')).code).toBe(50);
    expect(JSON.parse((await brand.call('POST', '/1.1/users/lookup.json', { form: { screen_name: 'rania_kader_x,nobody' } })).text)).toHaveLength(1);
    expect((await brand.call('GET', '/1.1/users/lookup.json?screen_name=nobody')).code).toBe(17);
  });
});
