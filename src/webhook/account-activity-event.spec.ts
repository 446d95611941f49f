import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseAccountActivityEvent } from './account-activity-event.js';
import type { XNews } from './x-event.js';

const FIXTURES = join(__dirname, '../../test/fixtures/x');
const names = readdirSync(FIXTURES).map((name) => name.replace(/\.json$/, ''));
const read = (name: string): Record<string, unknown> => JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as Record<string, unknown>;

const BRAND = '1488203456789012345';
const RANIA = '84391207';

/** The news in brief. */
function tell(news: XNews): string {
  switch (news.kind) {
    case 'direct-message':
      return `${news.message.xMessageId} ${news.message.senderId}>${news.message.recipientId} for ${news.forUserId}`;
    case 'read':
      return `${news.participantId} read ${news.lastReadMessageId} at ${news.readAt} for ${news.forUserId}`;
    case 'typing':
      return `${news.participantId} typed at ${news.typedAt} for ${news.forUserId}`;
    case 'start-permission':
      return `${news.participantId} ${news.permission} at ${news.saidAt} for ${news.forUserId}`;
    case 'access-revoked':
      return `revoked ${news.accountId}`;
  }
}

const inbound = (id: string, sender = RANIA): string[] => [`${id} ${sender}>${BRAND} for ${BRAND}`];
const outbound = (id: string): string[] => [`${id} ${BRAND}>${RANIA} for ${BRAND}`];
const EXPECTED: Readonly<Record<string, string[]>> = {
  'aaa-dm-edge-sender-missing-in-users': inbound('2089624966394845697'),
  'aaa-dm-entities-and-html-escapes': inbound('2089624085591073717'),
  'aaa-dm-initiated-via-tweet-inbound': inbound('2089624756679628117'),
  'aaa-dm-initiated-via-welcome-message-inbound': inbound('2089624798622672486'),
  'aaa-dm-indicate-typing': [`${RANIA} typed at 1787040400000 for ${BRAND}`],
  'aaa-dm-location-coordinate-inbound': inbound('2089624840565716855'),
  'aaa-dm-media-gif-inbound': inbound('2089624463078391809'),
  'aaa-dm-media-photo-inbound': inbound('2089624337249271809'),
  'aaa-dm-media-photo-only-inbound': inbound('2089624379192311809'),
  'aaa-dm-media-video-inbound': inbound('2089624421135351809'),
  'aaa-dm-outbound-echo-other-client': outbound('2089623833932775151'),
  'aaa-dm-outbound-echo-own-app': outbound('2089623729075137655'),
  'aaa-dm-outbound-echo-quick-reply-and-ctas': outbound('2089624588907459379'),
  'aaa-dm-quick-reply-response-inbound': inbound('2089624672793543748'),
  'aaa-dm-same-event-for-recipient': inbound('2089624924451803137'),
  'aaa-dm-same-event-for-sender': [`2089624924451803137 ${RANIA}>${BRAND} for ${RANIA}`],
  'aaa-dm-text-inbound-64bit-sender': inbound('2089623586468794161', '1672951100223344557'),
  'aaa-dm-text-inbound': inbound('2089623330616353717'),
  'aaa-dm-two-events-in-one-delivery': [...inbound('2089624882508759041'), ...inbound('2089624886073917442', '1672951100223344557')],
  'aaa-dm-mark-read': [`${RANIA} read 2089624588907459379 at 1787040410000 for ${BRAND}`],
  'aaa-follow': [`${RANIA} allowed at 1787040500000 for ${BRAND}`],
  'aaa-unfollow': [`${RANIA} ask at 1787040500000 for ${BRAND}`],
  'aaa-block': [`${RANIA} not-allowed at 1787040500000 for ${BRAND}`],
  'aaa-unblock': [`${RANIA} ask at 1787040500000 for ${BRAND}`],
  'aaa-user-event-revoke': [`revoked ${BRAND}`],
};

describe('Account Activity', () => {
  it.each(names.filter((name) => name.startsWith('aaa-')))('%s tells what it tells, and all of it is understood', (name) => {
    const event = parseAccountActivityEvent(read(name));
    expect(event.news.map(tell)).toEqual(EXPECTED[name] ?? []);
    expect(event.notUnderstood).toEqual([]);
  });

  it('has all the samples that news are expected of', () => {
    expect(names).toEqual(expect.arrayContaining(Object.keys(EXPECTED)));
    expect(names.filter((name) => name.startsWith('aaa-')).length).toBeGreaterThan(Object.keys(EXPECTED).length);
  });

  it.each(names.filter((name) => name.startsWith('xaa-')))('%s, of another generation, is not understood', (name) => {
    expect(parseAccountActivityEvent(read(name))).toEqual({ news: [], notUnderstood: ['data'] });
  });
});

describe('the people in an event', () => {
  const profilesOf = (body: unknown) => {
    const [news] = parseAccountActivityEvent(body).news;
    return news?.kind === 'direct-message' ? Object.fromEntries(news.profiles) : null;
  };

  it('are known by their ids', () => {
    expect(profilesOf(read('aaa-dm-text-inbound'))).toMatchObject({ [RANIA]: { username: 'rania_kader_x', name: 'Rania Kader' } });
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['a list', [1, 2]],
    ['a text', 'users'],
    ['odd', { [RANIA]: { screen_name: 7 }, [BRAND]: null }],
  ])('do not make a message odd when they are %s', (_how, users) => {
    const body = { ...read('aaa-dm-text-inbound'), users };
    expect(profilesOf(JSON.parse(JSON.stringify(body)))).toEqual({});
  });
});

describe('an odd body', () => {
  const message = (read('aaa-dm-text-inbound')['direct_message_events'] as unknown[])[0] as Record<string, unknown>;
  const create = message['message_create'] as Record<string, unknown>;

  it.each([null, true, 7, 'text', [], [{ for_user_id: BRAND }]])('that is no object is not understood: %j', (body) => {
    expect(parseAccountActivityEvent(body)).toEqual({ news: [], notUnderstood: ['the body is not an object'] });
  });

  it('with nothing in it tells nothing', () => {
    expect(parseAccountActivityEvent({})).toEqual({ news: [], notUnderstood: [] });
    expect(parseAccountActivityEvent({ for_user_id: BRAND, direct_message_events: [] })).toEqual({ news: [], notUnderstood: [] });
  });

  it('with one object where a list belongs is understood', () => {
    const event = parseAccountActivityEvent({ for_user_id: BRAND, direct_message_events: message });
    expect(event.news.map(tell)).toEqual(inbound('2089623330616353717'));
  });

  it.each<[string, unknown]>([
    ['an id that is a number', { ...message, id: 2089623330616353717 }],
    ['a sender that is a number', { ...message, message_create: { ...create, sender_id: 84391207 } }],
    ['an id with a leading zero', { ...message, id: '02089623330616353717' }],
    ['a time that is a number', { ...message, created_timestamp: 1787040000000 }],
    ['no time', { ...message, created_timestamp: undefined }],
    ['no text', { ...message, message_create: { ...create, message_data: {} } }],
    ['null', null],
    ['a list', [message]],
  ])('loses none of its other messages to one with %s', (_what, odd) => {
    const event = parseAccountActivityEvent({ for_user_id: BRAND, direct_message_events: [odd, message] });
    expect(event.news.map(tell)).toEqual(inbound('2089623330616353717'));
    expect(event.notUnderstood).toEqual(['direct_message_events[0]']);
  });

  it.each([undefined, null, 1488203456789012, 'brand'])('that does not say whose it is (%j) tells nothing of messages', (forUserId) => {
    const event = parseAccountActivityEvent({ for_user_id: forUserId, direct_message_events: [message] });
    expect(event).toEqual({ news: [], notUnderstood: ['direct_message_events'] });
  });

  it('with a message between two others is not one of the account’s conversations', () => {
    const event = parseAccountActivityEvent({ for_user_id: '1672951100223344557', direct_message_events: [message] });
    expect(event).toEqual({ news: [], notUnderstood: ['direct_message_events[0]'] });
  });

  it('with an activity that nobody knows is not understood, beside what is', () => {
    const event = parseAccountActivityEvent({ for_user_id: BRAND, direct_message_events: [message], dm_reaction_events: [{}] });
    expect(event.news).toHaveLength(1);
    expect(event.notUnderstood).toEqual(['dm_reaction_events']);
  });

  it('changes no prototype and is told by name', () => {
    const body = JSON.parse(`{"__proto__":{"for_user_id":"${BRAND}"},"constructor":1,"users":{"__proto__":{"screen_name":"a","name":"b"}}}`) as unknown;
    expect(parseAccountActivityEvent(body)).toEqual({ news: [], notUnderstood: ['__proto__', 'constructor'] });
    expect(({} as Record<string, unknown>)['for_user_id']).toBeUndefined();
  });

  it('is told of in names that every database takes, and in few of them', () => {
    const odd = parseAccountActivityEvent({ 'a\u0000b': 1, '\uD800': 1, ['x'.repeat(1_000_000)]: 1 }).notUnderstood.join(', ');
    expect(odd).toBe(`a\\u0000b, \\ud800, ${'x'.repeat(60)}`);
    const many = parseAccountActivityEvent({ for_user_id: BRAND, direct_message_events: Array.from({ length: 100_000 }, () => 0) });
    expect(many.notUnderstood).toHaveLength(20);
  });

  it('never makes it throw, whatever JSON it is', () => {
    const activity = fc.constantFrom('direct_message_events', 'direct_message_mark_read_events', 'user_event', 'users', 'for_user_id', 'follow_events', '__proto__');
    const parts = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.record({ id: fc.jsonValue(), created_timestamp: fc.jsonValue(), message_create: fc.jsonValue(), sender_id: fc.jsonValue() }, { requiredKeys: [] }),
      fc.constantFrom<unknown>(message, [message], { revoke: { source: { user_id: BRAND } } }, BRAND),
    );
    const body = fc.oneof(fc.jsonValue(), fc.dictionary(activity, parts).map((value) => ({ ...value })));
    fc.assert(
      fc.property(body, (value) => {
        const { news, notUnderstood } = parseAccountActivityEvent(JSON.parse(JSON.stringify(value)));
        expect(news.map(tell).join('\n')).toMatch(/^([\d> a-z]*\n?)*$/);
        expect(notUnderstood.join('\n')).not.toMatch(/[\u0000\p{Surrogate}]/u);
      }),
      { numRuns: 500 },
    );
  });
});
