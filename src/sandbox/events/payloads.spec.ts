import { BRAND_ID, PARTICIPANT_64BIT_ID, PARTICIPANT_ID, SEED_APP, WEB_APP } from '../seeds.js';
import { compactFixture } from '../testing/fixtures.service.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import type { Account, Message } from '../world/model.js';
import { World } from '../world/world.service.js';
import { messageActivity, readActivity, relationActivity, revokeActivity, typingActivity, type SourceApp } from './activity-envelope.js';
import { messageEvent } from './message-event.js';
import { ownUser } from './user-objects.js';
import { conversationIdOfChat, xaaChat, xaaEnvelope, type XaaEvent, xaaMessage, xaaRead, xaaRelation, xaaRevoke, xaaTyping } from './xaa-envelope.js';

const world = new World();
const findAccount = (screenName: string): Account | null => world.findAccountByName(screenName);

function accountOf(id: string): Account {
  const account = world.accounts.get(id);
  if (account === undefined) throw new Error(`No account ${id}`);
  return account;
}

const brand = accountOf(BRAND_ID);
const rania = accountOf(PARTICIPANT_ID);

function message(id: string, createdAt: number, text: string, more: Partial<Message> = {}): Message {
  return {
    id,
    createdAt,
    senderId: PARTICIPANT_ID,
    recipientId: BRAND_ID,
    text,
    sourceAppId: WEB_APP.id,
    quickReply: null,
    quickReplyMetadata: null,
    ctas: null,
    photo: null,
    countedAgainst: null,
    readAt: null,
    ...more,
  };
}

const outbound = { senderId: BRAND_ID, recipientId: PARTICIPANT_ID, sourceAppId: SEED_APP.id };

function inboundBody(inbound: Message): JsonValue {
  return messageActivity(BRAND_ID, messageEvent(inbound, false, findAccount), [accountOf(inbound.senderId), brand], null);
}

function echoBody(sent: Message, app: SourceApp): JsonValue {
  return messageActivity(BRAND_ID, messageEvent(sent, true, findAccount), [brand, rania], app);
}

/** The ten characters of a t.co link are X's to choose. */
function withoutShortNames(json: string): string {
  return json.replace(/(t\.co|pic\.twitter\.com)\/[A-Za-z0-9]{10}/g, '$1/…');
}

function expectFixture(body: JsonValue, name: string): void {
  expect(withoutShortNames(writeJson(body))).toBe(withoutShortNames(compactFixture(name)));
}

describe('what the sandbox sends is X’s payload, key for key', () => {
  it('for a text', () => {
    const text = 'Hi, my SIM stopped working this morning. Can you help?';
    expectFixture(inboundBody(message('2089623330616353717', 1787040000000, text)), 'aaa-dm-text-inbound');
  });

  it('for a sender with a 64-bit id and an empty profile', () => {
    const inbound = message('2089623586468794161', 1787040061000, 'hello?', { senderId: PARTICIPANT_64BIT_ID });
    expectFixture(inboundBody(inbound), 'aaa-dm-text-inbound-64bit-sender');
  });

  it('for a quick reply that was tapped', () => {
    const inbound = message('2089624672793543748', 1787040320000, 'Riyadh', { quickReplyMetadata: 'city:riyadh' });
    expectFixture(inboundBody(inbound), 'aaa-dm-quick-reply-response-inbound');
  });

  it('for entities and escaped characters', () => {
    const text = 'Plan & price <ask> for #roaming @NajmTelecomCare $NAJM see https://www.najm.example/plans?ref=dm&id=7 🙏';
    expectFixture(inboundBody(message('2089624085591073717', 1787040180000, text)), 'aaa-dm-entities-and-html-escapes');
  });

  it.each([
    ['aaa-dm-media-photo-inbound', '2089624337249271809', 1787040240000, '2089624299500601347', 'This is what the screen shows'],
    ['aaa-dm-media-photo-only-inbound', '2089624379192311809', 1787040250000, '2089624341443641347', ''],
  ] as const)('for a photo: %s', (name, id, createdAt, mediaId, text) => {
    expectFixture(inboundBody(message(id, createdAt, text, { photo: { mediaId, fileName: 'Qx7LmN2p.jpg' } })), name);
  });

  it('for the echo of an app’s own send', () => {
    const sent = message('2089623729075137655', 1787040095000, 'Sorry to hear that, Rania. Which city are you in?', outbound);
    expectFixture(echoBody(sent, SEED_APP), 'aaa-dm-outbound-echo-own-app');
  });

  it('for what a person typed in X’s own client', () => {
    const text = '(agent typed this in the X web client)';
    const sent = message('2089623833932775151', 1787040120000, text, { ...outbound, sourceAppId: WEB_APP.id });
    expectFixture(echoBody(sent, WEB_APP), 'aaa-dm-outbound-echo-other-client');
  });

  it('for the echo of quick replies and buttons', () => {
    const sent = message('2089624588907459379', 1787040300000, 'Pick your city, or open the tracker.', {
      ...outbound,
      quickReply: [
        { label: 'Riyadh', description: 'Central region', metadata: 'city:riyadh' },
        { label: 'Jeddah', description: 'Western region', metadata: 'city:jeddah' },
      ],
      ctas: [{ label: 'Track my order', url: 'https://www.najm.example/track', tcoUrl: 'https://t.co/cTa0000001' }],
    });
    expectFixture(echoBody(sent, SEED_APP), 'aaa-dm-outbound-echo-quick-reply-and-ctas');
  });

  it('for typing and reading', () => {
    expectFixture(typingActivity(1787040400000, rania, brand), 'aaa-dm-indicate-typing');
    expectFixture(readActivity(1787040410000, rania, brand, '2089624588907459379'), 'aaa-dm-mark-read');
  });

  it.each([
    ['follow', rania, brand],
    ['unfollow', rania, brand],
    ['block', brand, rania],
    ['unblock', brand, rania],
  ] as const)('for %s', (change, source, target) => {
    expectFixture(relationActivity(1787040500000, change, BRAND_ID, source, target), `aaa-${change}`);
  });

  it('for a revoke', () => {
    expectFixture(revokeActivity(Date.UTC(2026, 7, 18, 9, 12, 44), SEED_APP.id, BRAND_ID), 'aaa-user-event-revoke');
  });

  it('for the account itself', () => {
    expectFixture(ownUser(brand), 'v1-verify-credentials.response');
  });
});

describe('what X Activity tells is X’s payload, key for key', () => {
  const tell = (event: XaaEvent, uuid: string, tag: string | null): JsonValue => xaaEnvelope(event, BigInt(uuid), tag === null ? null : { accountId: BRAND_ID, tag });
  const writeTagged = (event: XaaEvent, uuid: string, tag: string | null): JsonValue => xaaEnvelope(event, BigInt(uuid), { accountId: BRAND_ID, tag });
  const xaa = (more: Partial<Message>, id: string, createdAt: number, text: string): JsonValue => messageEvent(message(id, createdAt, text, more), false, findAccount);

  it('of a message and its echo', () => {
    expectFixture(tell(xaaMessage(false, xaa({}, '2089626266629046305', 1787040700000, 'hello over XAA'), [rania, brand]), '-6850472171600526001', 'dm-inbound'), 'xaa-dm-received-text');
    const echo = xaa({ ...outbound }, '2089626283406262306', 1787040704000, 'hi Rania, this is care');
    expectFixture(tell(xaaMessage(true, echo, [brand, rania]), '2080766012345678901', 'dm-outbound'), 'xaa-dm-sent-text');
  });

  it('of typing and reading, as far as is assumed', () => {
    expectFixture(tell(xaaTyping(1787040710000, rania, brand), '3300112233445566778', 'dm-typing'), 'xaa-dm-indicate-typing.assumed');
    expectFixture(tell(xaaRead(1787040712000, rania, brand, '2089626283406262306'), '-4400112233445566778', 'dm-read'), 'xaa-dm-read.assumed');
  });

  it('of encrypted messages', () => {
    const encrypted = { id: '0d4f7d55-3c35-4f0a-9d0e-7f3f5c1b2a10', createdAt: 1787040720000, conversationId: conversationIdOfChat(BRAND_ID, PARTICIPANT_ID) };
    expectFixture(tell(xaaChat(false, { ...encrypted, senderId: PARTICIPANT_ID }), '8511582263942905001', 'chat-inbound'), 'xaa-chat-received');
    expectFixture(tell(xaaChat(true, { ...encrypted, senderId: BRAND_ID }), '3723060601307155001', 'chat-outbound'), 'xaa-chat-sent');
  });

  it.each([
    ['xaa-follow-follow', 'follow', rania, brand, '1900000000000000011', 'follows'],
    ['xaa-follow-unfollow', 'unfollow', rania, brand, '1900000000000000012', 'follows'],
    ['xaa-block-block.assumed', 'block', brand, rania, '1900000000000000013', null],
  ] as const)('of relations: %s', (name, change, source, target, uuid, tag) => {
    expectFixture(writeTagged(xaaRelation(change, source, target), uuid, tag), name);
  });

  it('of a revoke, which has no filter', () => {
    expectFixture(tell(xaaRevoke(Date.UTC(2026, 7, 18, 9, 12, 44), SEED_APP.id, BRAND_ID), '5934540941047412001', null), 'xaa-oauth-revoke');
  });
});
