import type { MessageContent } from '../../src/messaging/message/message-content.js';
import { RANIA, TOM } from './cast.js';

/** What a payload of X comes to. Nothing where it says nothing that this service uses. */
export interface PayloadResult {
  /** The messages that it tells of, X's id, by whom, and what they say. */
  messages?: readonly [xMessageId: string, by: 'participant' | 'elsewhere', participant: string, content: MessageContent][];
  /** What the teams are told besides of messages, and how often. */
  told?: Readonly<Record<string, number>>;
  /** What is known then of who may be written to first. */
  permission?: 'allowed' | 'not-allowed' | 'ask';
  channelStatus?: string;
}

const text = (words: string, more: Partial<MessageContent> = {}): MessageContent => ({ type: 'text', text: words, ...more });
const media = (words: string, medium: NonNullable<MessageContent['media']>): MessageContent => ({ type: 'media', text: words, media: medium });
const heard = (id: string, content: MessageContent, participant: string = RANIA.id): PayloadResult => ({ messages: [[id, 'participant', participant, content]] });
const echoed = (id: string, content: MessageContent): PayloadResult => ({ messages: [[id, 'elsewhere', RANIA.id, content]] });
const photo = (event: string, id: string) => ({ id, kind: 'photo' as const, url: `https://ton.twitter.com/1.1/ton/data/dm/${event}/${id}/Qx7LmN2p.jpg` });

const CHAT_ID = '0d4f7d55-3c35-4f0a-9d0e-7f3f5c1b2a10';
const ENCRYPTED: MessageContent = { type: 'encrypted', text: '' };

/** Of Account Activity, in an order in which one builds on another: what is read was sent before. */
const ACCOUNT_ACTIVITY: Readonly<Record<string, PayloadResult>> = {
  'aaa-dm-text-inbound': heard('2089623330616353717', text('Hi, my SIM stopped working this morning. Can you help?')),
  'aaa-dm-text-inbound-64bit-sender': heard('2089623586468794161', text('hello?'), TOM.id),
  'aaa-dm-entities-and-html-escapes': heard(
    '2089624085591073717',
    text('Plan & price <ask> for #roaming @NajmTelecomCare $NAJM see https://t.co/aB12cD34eF 🙏', { links: [{ url: 'https://t.co/aB12cD34eF', expandedUrl: 'https://www.najm.example/plans?ref=dm&id=7' }] }),
  ),
  'aaa-dm-media-photo-inbound': heard('2089624337249271809', media('This is what the screen shows', photo('2089624337249271809', '2089624299500601347'))),
  'aaa-dm-media-photo-only-inbound': heard('2089624379192311809', media('', photo('2089624379192311809', '2089624341443641347'))),
  'aaa-dm-media-video-inbound': heard(
    '2089624421135351809',
    media('video of the router lights', { id: '2089624383386681347', kind: 'video', url: 'https://video.twimg.com/dm_video/2089624383386681347/vid/640x480/bb2.mp4?tag=1' }),
  ),
  'aaa-dm-media-gif-inbound': heard(
    '2089624463078391809',
    media('', { id: '2089624425329721347', kind: 'animated_gif', url: 'https://video.twimg.com/dm_gif/2089624425329721347/Zk1v0aPq9sYt7uWxEfGh.mp4' }),
  ),
  'aaa-dm-quick-reply-response-inbound': heard('2089624672793543748', text('Riyadh', { quickReply: { metadata: 'city:riyadh' } })),
  'aaa-dm-initiated-via-tweet-inbound': heard('2089624756679628117', text('I came from your post')),
  'aaa-dm-initiated-via-welcome-message-inbound': heard('2089624798622672486', text('Talk to an agent', { quickReply: { metadata: 'menu:agent' } })),
  'aaa-dm-location-coordinate-inbound': heard('2089624840565716855', text('Here is where I am', { location: { longitude: 46.6753, latitude: 24.7136 } })),
  'aaa-dm-two-events-in-one-delivery': {
    messages: [
      ['2089624882508759041', 'participant', RANIA.id, text('first')],
      ['2089624886073917442', 'participant', TOM.id, text('second, from someone else')],
    ],
  },
  'aaa-dm-edge-sender-missing-in-users': heard('2089624966394845697', text('users map lacks me')),
  // For the participant, who is no channel of ours: the same message comes again for the brand.
  'aaa-dm-same-event-for-sender': {},
  'aaa-dm-same-event-for-recipient': heard('2089624924451803137', text('same conversation, both sides subscribed')),
  'aaa-dm-outbound-echo-own-app': echoed('2089623729075137655', text('Sorry to hear that, Rania. Which city are you in?')),
  'aaa-dm-outbound-echo-other-client': echoed('2089623833932775151', text('(agent typed this in the X web client)')),
  'aaa-dm-outbound-echo-quick-reply-and-ctas': echoed(
    '2089624588907459379',
    text('Pick your city, or open the tracker.', {
      quickReplies: [
        { label: 'Riyadh', description: 'Central region', metadata: 'city:riyadh' },
        { label: 'Jeddah', description: 'Western region', metadata: 'city:jeddah' },
      ],
      buttons: [{ label: 'Track my order', url: 'https://www.najm.example/track' }],
    }),
  ),
  'aaa-dm-mark-read': { told: { 'message.read': 3 } },
  'aaa-dm-indicate-typing': { told: { 'participant.typing': 1 } },
  'aaa-follow': { permission: 'allowed' },
  'aaa-unfollow': { permission: 'ask' },
  'aaa-block': { permission: 'not-allowed' },
  'aaa-unblock': { permission: 'ask' },
  'aaa-favorite': {},
  'aaa-mute': {},
  'aaa-unmute': {},
  'aaa-replay-job-complete': {},
  'aaa-replay-job-incomplete': {},
  'aaa-tweet-create-mention': {},
  'aaa-tweet-create-own': {},
  'aaa-tweet-create-reply-to-own': {},
  'aaa-tweet-delete': {},
  'aaa-user-event-revoke': { channelStatus: 'revoked', told: { 'channel.revoked': 1 } },
};

const X_ACTIVITY: Readonly<Record<string, PayloadResult>> = {
  'xaa-dm-received-text': heard('2089626266629046305', text('hello over XAA')),
  'xaa-dm-received-media.assumed': heard('2089626300183543809', media('photo over XAA', photo('2089626300183543809', '2089626262434873347'))),
  'xaa-dm-received-single-object.assumed': heard('2089626304377782307', text('one event, not wrapped in an array')),
  // X names no app here, so it could be anybody's.
  'xaa-dm-sent-text': echoed('2089626283406262306', text('hi Rania, this is care')),
  'xaa-dm-read.assumed': { told: { 'message.read': 1 } },
  'xaa-dm-indicate-typing.assumed': { told: { 'participant.typing': 1 } },
  'xaa-dm-indicate-typing-flat.assumed': { told: { 'participant.typing': 1 } },
  'xaa-chat-received': heard(CHAT_ID, ENCRYPTED),
  'xaa-follow-follow': { permission: 'allowed' },
  'xaa-follow-unfollow': { permission: 'ask' },
  'xaa-block-block.assumed': { permission: 'not-allowed' },
  'xaa-post-mention-create': {},
  'xaa-post-delete': {},
  'xaa-oauth-revoke': { channelStatus: 'revoked', told: { 'channel.revoked': 1 } },
};

/** The table of each generation that X tells of events in, and which payloads are its. */
export const PAYLOAD_TABLES: readonly { name: string; eventsApi: string; payloads: RegExp; after: number; results: Readonly<Record<string, PayloadResult>> }[] = [
  { name: 'Account Activity', eventsApi: 'account-activity-premium', payloads: /^aaa-/, after: Date.UTC(2026, 7, 18, 8, 7), results: ACCOUNT_ACTIVITY },
  { name: 'X Activity', eventsApi: 'x-activity', payloads: /^xaa-(?!chat-sent)/, after: Date.UTC(2026, 7, 18, 8, 12), results: X_ACTIVITY },
  // By itself: X's samples of the two encrypted messages bear one id.
  { name: 'X Activity, an encrypted message typed in X’s app', eventsApi: 'x-activity', payloads: /^xaa-chat-sent/, after: Date.UTC(2026, 7, 18, 8, 12), results: { 'xaa-chat-sent': echoed(CHAT_ID, ENCRYPTED) } },
];
