import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { XNews } from './x-event.js';
import { isXaaBody, parseXaaEvent } from './xaa-event.js';

type Fields = Record<string, unknown>;

const AT = 1787040730000;
const BRAND = '1488203456789012345';
const RANIA = '84391207';
const read = (name: string): Fields => (JSON.parse(readFileSync(join(__dirname, `../../test/fixtures/x/${name}.json`), 'utf8')) as { data: Fields }).data;
const parse = (body: unknown) => parseXaaEvent(body as Fields, AT);
const [received, sent, typing, flat, reading, chat, chatSent] = ['dm-received-text', 'dm-sent-text', 'dm-indicate-typing.assumed', 'dm-indicate-typing-flat.assumed', 'dm-read.assumed', 'chat-received', 'chat-sent'].map((name) => read(`xaa-${name}`)) as [Fields, Fields, Fields, Fields, Fields, Fields, Fields];

/** The news in brief. */
function tell(news: XNews): string {
  switch (news.kind) {
    case 'direct-message':
      return `${news.message.isEncrypted === true ? 'encrypted ' : ''}${news.message.xMessageId} ${news.message.senderId}>${news.message.recipientId} for ${news.forUserId}`;
    case 'read':
      return `${news.participantId} read ${news.lastReadMessageId} at ${news.readAt}`;
    case 'typing':
      return `${news.participantId} typed at ${news.typedAt}`;
    case 'start-permission':
      return `${news.participantId} ${news.permission} at ${news.saidAt}`;
    case 'access-revoked':
      return `revoked ${news.accountId}`;
  }
}
const told = (body: unknown) => ({ news: parse(body).news.map(tell), notUnderstood: parse(body).notUnderstood });
const understood = (...news: string[]) => ({ news, notUnderstood: [] as string[] });
const withPayload = (event: Fields, payload: Fields): Fields => ({ data: { ...event, payload: { ...(event['payload'] as Fields), ...payload } } });

const HELLO = `2089626266629046305 ${RANIA}>${BRAND} for ${BRAND}`;
const ECHO = `2089626283406262306 ${BRAND}>${RANIA} for ${BRAND}`;
const CHAT = '0d4f7d55-3c35-4f0a-9d0e-7f3f5c1b2a10';

describe('X Activity’s envelope', () => {
  it.each<[string, unknown, string[]]>([
    ['with one event', { data: received }, [HELLO]],
    ['with several', { data: [received, sent] }, [HELLO, ECHO]],
    ['that is the event itself', received, [HELLO]],
    ['with a list of typing', { data: typing }, [`${RANIA} typed at 1787040710000`]],
    ['with typing in the payload itself', { data: flat }, [`${RANIA} typed at 1787040710500`]],
    ['with reading', { data: reading }, [`${RANIA} read 2089626283406262306 at 1787040712000`]],
    ['with an encrypted message', { data: chat }, [`encrypted ${CHAT} ${RANIA}>${BRAND} for ${BRAND}`]],
    ['with one that the account wrote', { data: chatSent }, [`encrypted ${CHAT} ${BRAND}>${RANIA} for ${BRAND}`]],
    ['with a follower, at the time at which it came', { data: read('xaa-follow-follow') }, [`${RANIA} allowed at ${AT}`]],
    ['with a revoke, which is of no subscription', { data: read('xaa-oauth-revoke') }, [`revoked ${BRAND}`]],
    ['with a post', { data: read('xaa-post-delete') }, []],
    ['with nothing', { data: [] }, []],
  ])('%s is understood', (_what, body, news) => {
    expect(isXaaBody(body)).toBe(true);
    expect(told(body)).toEqual(understood(...news));
  });

  it.each([null, 7, 'text', [], {}, { for_user_id: BRAND, data: {} }, { for_user_id: BRAND, event_type: 'dm.received' }])('is told from other bodies: %j', (body) => {
    expect(isXaaBody(body)).toBe(false);
  });

  it('knows people with v2’s extra level and without', () => {
    const profiles = (users: unknown) => {
      const [news] = parse(withPayload(received, { users: users })).news;
      return news?.kind === 'direct-message' ? Object.fromEntries(news.profiles) : null;
    };
    const rania = { username: 'rania_kader_x', name: 'Rania Kader' };
    expect(profiles((received['payload'] as Fields)['users'])).toMatchObject({ [RANIA]: rania });
    expect(profiles({ [RANIA]: { ...rania, verified: false } })).toEqual({ [RANIA]: rania });
    for (const odd of [undefined, null, [1], 'users', { [RANIA]: null }, { [RANIA]: { data: 7 } }]) expect(profiles(odd)).toEqual({});
  });

  it('says nothing of what the account itself reads and types', () => {
    const own = { created_timestamp: '1787040710500', sender_id: BRAND, last_read_event_id: '1', target: { recipient_id: RANIA } };
    expect(told({ data: [{ ...flat, payload: own }, { ...reading, payload: own }] })).toEqual(understood());
  });
});

describe('what X Activity tells oddly', () => {
  it.each<[string, unknown, string[]]>([
    ['no event', { data: null }, ['data[0]']],
    ['an event without a type', { data: { ...received, event_type: undefined } }, ['data[0]']],
    ['an event without a payload', { data: { ...received, payload: undefined } }, ['data[0]']],
    ['an event of a type that nobody knows', { data: { ...received, event_type: 'dm.reaction' } }, ['data[0] dm.reaction']],
    ['a type that every object has', { data: { ...received, event_type: 'constructor' } }, ['data[0] constructor']],
    ['an event that does not say whose it is', { data: { ...received, filter: {} } }, ['data[0] dm.received without filter.user_id']],
    ['a message between two others', { data: { ...received, filter: { user_id: '1672951100223344557' } } }, ['data[0] dm.received[0]']],
    ['a message without its parts', withPayload(received, { direct_message_events: [{ id: '1' }] }), ['data[0] dm.received[0]']],
    ['a revoke of nobody', { data: { ...read('xaa-oauth-revoke'), payload: {} } }, ['data[0] oauth.revoke']],
    ['an encrypted message of two others', withPayload(chat, { conversation_id: `${RANIA}:1672951100223344557` }), ['data[0] chat.received[0]']],
    ['an encrypted message whose writer is not in its conversation', withPayload(chat, { sender_id: '1672951100223344557' }), ['data[0] chat.received[0]']],
    ['an encrypted message of nobody knows whom', withPayload(chat, { conversation_id: 'a:b' }), ['data[0] chat.received[0]']],
    ['something beside the data', { data: received, errors: [] }, ['errors']],
  ])('%s is set aside', (_what, body, notUnderstood) => {
    expect(parse(body).notUnderstood).toEqual(notUnderstood);
  });

  it('loses none of its other events', () => {
    expect(told({ data: [7, received, { ...received, event_type: 'dm.new' }, sent] })).toEqual({ news: [HELLO, ECHO], notUnderstood: ['data[0]', 'data[2] dm.new'] });
  });

  it('of an encrypted group is nobody’s conversation, and no fault', () => {
    expect(told(withPayload(chat, { conversation_id: 'g1900000000000000001' }))).toEqual(understood());
    expect(told({ data: { ...chat, event_type: 'chat.conversation.member_added' } })).toEqual(understood());
  });

  it('never makes it throw, whatever JSON it is', () => {
    const payloads = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom<unknown>(...[received, typing, flat, reading, chat].map((event) => event['payload'])));
    const types = fc.oneof(fc.string(), fc.jsonValue(), fc.constantFrom('dm.received', 'dm.read', 'dm.indicate_typing', 'chat.received', 'follow.follow', 'oauth.revoke'));
    const event = fc.record({ event_type: types, payload: payloads, filter: fc.oneof(fc.jsonValue(), fc.constant({ user_id: BRAND })) }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), event, fc.array(event)), (data) => {
        const { news, notUnderstood } = parse({ data: JSON.parse(JSON.stringify(data)) as unknown });
        expect(news.map(tell).join('\n')).toMatch(/^([\d> a-z-]*\n?)*$/);
        expect(notUnderstood.join('\n')).not.toMatch(/[\u0000\p{Surrogate}]/u);
      }),
      { numRuns: 500 },
    );
  });
});
