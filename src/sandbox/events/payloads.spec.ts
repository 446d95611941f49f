import { BRAND_ID, PARTICIPANT_64BIT_ID, PARTICIPANT_ID, SEED_APP, WEB_APP } from '../seeds.js';
import { compactFixture } from '../testing/fixtures.service.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import type { Account, Message } from '../world/model.js';
import { World } from '../world/world.service.js';
import { messageActivity, readActivity, relationActivity, revokeActivity, typingActivity, type SourceApp } from './activity-envelope.js';
import { messageEvent } from './message-event.js';
import { ownUser } from './user-objects.js';

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
