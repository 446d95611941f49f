import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { unescapeHtml, type XDirectMessage } from './direct-message.js';
import { parseDirectMessage } from './direct-message-v1.js';

const FIXTURES = join(__dirname, '../../test/fixtures/x');
type Json = Record<string, unknown>;
const read = (name: string): Json => JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as Json;
const firstOf = (name: string): unknown => (read(name)['direct_message_events'] as unknown[])[0];
const parsed = (name: string): XDirectMessage | null => parseDirectMessage(firstOf(name));

const BRAND = '1488203456789012345';
const RANIA = '84391207';
const plain = { recipientId: BRAND, senderId: RANIA, sourceAppId: null, links: [], media: null, location: null, quickReplyMetadata: null };

describe('a direct message of X', () => {
  it.each<[string, Partial<XDirectMessage>]>([
    ['aaa-dm-text-inbound', { ...plain, xMessageId: '2089623330616353717', createdAt: 1787040000000, text: 'Hi, my SIM stopped working this morning. Can you help?' }],
    ['aaa-dm-text-inbound-64bit-sender', { ...plain, senderId: '1672951100223344557', text: 'hello?' }],
    ['aaa-dm-outbound-echo-own-app', { ...plain, senderId: BRAND, recipientId: RANIA, sourceAppId: '29981177' }],
    ['aaa-dm-outbound-echo-other-client', { ...plain, senderId: BRAND, recipientId: RANIA, sourceAppId: '3033300' }],
    ['aaa-dm-outbound-echo-quick-reply-and-ctas', { ...plain, senderId: BRAND, recipientId: RANIA, sourceAppId: '29981177', text: 'Pick your city, or open the tracker.',
        quickReplies: [{ label: 'Riyadh', description: 'Central region', metadata: 'city:riyadh' }, { label: 'Jeddah', description: 'Western region', metadata: 'city:jeddah' }],
        buttons: [{ label: 'Track my order', url: 'https://www.najm.example/track' }] }],
    ['aaa-dm-quick-reply-response-inbound', { ...plain, text: 'Riyadh', quickReplyMetadata: 'city:riyadh' }],
    ['aaa-dm-initiated-via-welcome-message-inbound', { ...plain, text: 'Talk to an agent', quickReplyMetadata: 'menu:agent' }],
    ['aaa-dm-initiated-via-tweet-inbound', { ...plain, text: 'I came from your post' }],
    ['aaa-dm-location-coordinate-inbound', { ...plain, text: 'Here is where I am', location: { longitude: 46.6753, latitude: 24.7136 } }],
    [
      'aaa-dm-entities-and-html-escapes',
      {
        ...plain,
        text: 'Plan & price <ask> for #roaming @NajmTelecomCare $NAJM see https://t.co/aB12cD34eF 🙏',
        links: [{ url: 'https://t.co/aB12cD34eF', expandedUrl: 'https://www.najm.example/plans?ref=dm&id=7' }],
      },
    ],
    [
      'aaa-dm-media-photo-inbound',
      {
        ...plain,
        text: 'This is what the screen shows',
        media: {
          id: '2089624299500601347',
          kind: 'photo',
          url: 'https://ton.twitter.com/1.1/ton/data/dm/2089624337249271809/2089624299500601347/Qx7LmN2p.jpg',
        },
      },
    ],
    ['aaa-dm-media-photo-only-inbound', { text: '', links: [] }],
    [
      'aaa-dm-media-gif-inbound',
      {
        ...plain,
        text: '',
        media: { id: '2089624425329721347', kind: 'animated_gif', url: 'https://video.twimg.com/dm_gif/2089624425329721347/Zk1v0aPq9sYt7uWxEfGh.mp4' },
      },
    ],
    [
      'aaa-dm-media-video-inbound',
      {
        ...plain,
        text: 'video of the router lights',
        media: { id: '2089624383386681347', kind: 'video', url: 'https://video.twimg.com/dm_video/2089624383386681347/vid/640x480/bb2.mp4?tag=1' },
      },
    ],
  ])('is read from %s', (name, expected) => {
    expect(parsed(name)).toMatchObject(expected);
  });

  it('is read the same from the history that X keeps', () => {
    const history = read('v1-dm-events-list.response')['events'] as unknown[];
    expect(history.length).toBeGreaterThan(0);
    for (const item of history) expect(parseDirectMessage(item)).not.toBeNull();
    expect(history.map(parseDirectMessage)).toContainEqual(parsed('aaa-dm-text-inbound'));
  });

  it('is read from each sample there is', () => {
    const names = readdirSync(FIXTURES).filter((name) => /^aaa-dm-(?!mark-read|indicate-typing)/.test(name));
    expect(names.length).toBeGreaterThanOrEqual(17);
    for (const name of names) expect(parsed(name.replace(/\.json$/, ''))).not.toBeNull();
  });
});

describe('the text', () => {
  const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.constantFrom('&', 'amp;', 'lt;', '&gt;', '&amp;', '<', '>', '&#39;', '&quot;', 'x', '🙏'), { maxLength: 12 }).map((parts) => parts.join('')),
  );

  it('is what the person wrote, once X’s escapes are undone', () => {
    fc.assert(fc.property(texts, (text) => expect(unescapeHtml(escape(text))).toBe(text)), { numRuns: 500 });
  });

  it.each([
    ['&amp;lt;', '&lt;'],
    ['&amp;amp;', '&amp;'],
    ['&amp;amp;lt;', '&amp;lt;'],
    ['&lt;b&gt;', '<b>'],
    ['&quot;&#39;&nbsp;', '&quot;&#39;&nbsp;'],
    ['a & b &', 'a & b &'],
  ])('is undone once: %s', (sent, written) => {
    expect(unescapeHtml(sent)).toBe(written);
  });
});

describe('a medium’s own link', () => {
  const LINK = 'https://t.co/pH0t0A1b2C';
  const medium = { id_str: '2089624299500601347', media_url_https: 'https://ton.twitter.com/a.jpg', url: LINK, type: 'photo' };
  const withMedium = (text: string, indices?: unknown, urls: Json[] = []): XDirectMessage | null =>
    parseDirectMessage({
      id: '2',
      created_timestamp: '1787040000000',
      message_create: {
        sender_id: RANIA,
        target: { recipient_id: BRAND },
        message_data: { text, entities: { urls }, attachment: { type: 'media', media: { ...medium, ...(indices === undefined ? {} : { indices }) } } },
      },
    });

  it.each<[string, string, unknown, string]>([
    ['where its indices say', `look ${LINK}`, [5, 28], 'look'],
    ['alone, after X’s space', ` ${LINK}`, [1, 24], ''],
    ['after characters of two code units', `🙏🙏 look ${LINK}`, [8, 31], '🙏🙏 look'],
    ['after escapes', `a &amp; b ${LINK}`, [10, 33], 'a & b'],
    ['in the middle', `look ${LINK} at this`, [5, 28], 'look at this'],
    ['first', `${LINK} see`, [0, 23], ' see'],
    ['without indices, at the end', `look ${LINK}`, undefined, 'look'],
    ['without indices, in the middle', `look ${LINK} at this`, undefined, 'look at this'],
    ['with indices that count code units', `🙏🙏 look ${LINK} at this`, [10, 33], '🙏🙏 look at this'],
    ['with indices that count unescaped characters', `a &amp; b ${LINK}`, [6, 29], 'a & b'],
    ['with indices beyond the text', `look ${LINK}`, [500, 523], 'look'],
    ['with indices below nothing', `look ${LINK} at this`, [-8, -3], 'look at this'],
    ['where the indices say, when the person wrote it too', `${LINK} is ${LINK}`, [27, 50], `${LINK} is`],
    ['nowhere in the text', 'look', [5, 28], 'look'],
  ])('is taken off the text: %s', (_where, text, indices, rest) => {
    expect(withMedium(text, indices)?.text).toBe(rest);
  });

  it('is not one of the links that the person sent', () => {
    const other = { url: 'https://t.co/aB12cD34eF', expanded_url: 'https://example.com/' };
    const message = withMedium(`${other.url} ${LINK}`, [24, 47], [other, { url: LINK, expanded_url: 'https://twitter.com/messages/media/2' }]);
    expect(message).toMatchObject({ text: other.url, links: [{ url: other.url, expandedUrl: 'https://example.com/' }] });
  });

  it('leaves every text as it was before X put the link behind it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.boolean(), (written, hasIndices) => {
        const text = written.trimEnd();
        const start = Array.from(text).length + 1;
        expect(withMedium(`${text} ${LINK}`, hasIndices ? [start, start + 23] : undefined)?.text).toBe(unescapeHtml(text));
      }),
    );
  });
});

describe('what comes with a message', () => {
  const message = firstOf('aaa-dm-text-inbound') as Json;
  const create = message['message_create'] as Json;
  const withExtras = (extras: Json, data: Json): XDirectMessage | null =>
    parseDirectMessage({ ...message, message_create: { ...create, ...extras, message_data: { text: 'kept', ...data } } });
  const without = { text: 'kept', links: [], media: null, location: null, quickReplyMetadata: null, sourceAppId: null };

  it.each<[string, Json, Json]>([
    ['an attachment of an unknown kind', {}, { attachment: { type: 'voice', voice: { id: 1 } } }],
    ['a place without an id', {}, { attachment: { type: 'location', location: { type: 'shared_place', shared_place: { place: {} } } } }],
    ['a medium of an unknown kind', {}, { attachment: { type: 'media', media: { id_str: '1', media_url_https: 'x', url: 'x', type: 'hologram' } } }],
    ['an attachment that is null', {}, { attachment: null }],
    ['entities that are null', {}, { entities: null }],
    ['links that are null', {}, { entities: { urls: null } }],
    ['a link without an address', {}, { entities: { urls: [{}] } }],
    ['a quick reply that is null', {}, { quick_reply_response: null }],
    ['a quick reply without metadata', {}, { quick_reply_response: { type: 'options' } }],
    ['options that are null', {}, { quick_reply: { type: 'options', options: null } }],
    ['an option without a label', {}, { quick_reply: { type: 'options', options: [{}] } }],
    ['buttons that are none', {}, { ctas: [{ type: 'web_url' }] }],
    ['an app id that is null', { source_app_id: null }, {}],
    ['an app id that is a number', { source_app_id: 29981177 }, {}],
  ])('and is odd counts as not there, and the text is kept: %s', (_what, extras, data) => {
    expect(withExtras(extras, data)).toMatchObject(without);
  });

  it.each([
    [{ id: '07d9db48bc083000', name: 'Riyadh', full_name: 'Riyadh, Kingdom of Saudi Arabia', country: 'Kingdom of Saudi Arabia', place_type: 'city' }, { name: 'Riyadh', fullName: 'Riyadh, Kingdom of Saudi Arabia', country: 'Kingdom of Saudi Arabia' }],
    [{ id: '07d9db48bc083000', name: 7 }, { name: null, fullName: null, country: null }],
  ])('may be a place of X’s, as far as X names it: %j', (place, names) => {
    const attachment = { type: 'location', location: { type: 'shared_place', shared_place: { place } } };
    expect(withExtras({}, { attachment })?.location).toEqual({ place: { id: '07d9db48bc083000', ...names } });
  });

  it('does not keep the person’s own escapes from being read as they wrote them', () => {
    expect(withExtras({}, { text: '&amp;lt;b&amp;gt;' })?.text).toBe('&lt;b&gt;');
  });

  it('leads to itself when X does not say where a link leads', () => {
    expect(withExtras({}, { entities: { urls: [{ url: 'https://t.co/a', expanded_url: null }] } })?.links).toEqual([
      { url: 'https://t.co/a', expandedUrl: 'https://t.co/a' },
    ]);
  });
});
