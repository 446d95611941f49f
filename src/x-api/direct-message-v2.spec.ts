import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseDirectMessageV2, parseMedia, recipientOf } from './direct-message-v2.js';

const page = JSON.parse(readFileSync(join(__dirname, '../../test/fixtures/x/v2-dm-events-list.response.json'), 'utf8')) as { data: object[]; includes: { media: unknown } };
const media = parseMedia(page.includes.media);
const BRAND = '1488203456789012345';
const RANIA = '84391207';

describe('a direct message of v2', () => {
  it('is read as v1.1’s: ids as they are, X’s time, the medium with its link taken off', () => {
    expect(parseDirectMessageV2(page.data[0], media)).toEqual({
      xMessageId: '2089624337249271809',
      createdAt: Date.UTC(2026, 7, 18, 8, 4),
      senderId: RANIA,
      recipientId: BRAND,
      sourceAppId: null,
      text: 'This is what the screen shows',
      links: [],
      media: { id: '2089624299500601347', kind: 'photo', url: 'https://ton.twitter.com/1.1/ton/data/dm/2089624337249271809/2089624299500601347/Qx7LmN2p.jpg' },
      location: null,
      quickReplyMetadata: null,
    });
    expect(parseDirectMessageV2(page.data[1], media)).toMatchObject({ senderId: BRAND, recipientId: RANIA, text: 'Sorry to hear that, Rania. Which city are you in?', media: null });
  });

  it('is none when it is of a group, or no message', () => {
    expect(page.data.slice(2).map((event) => parseDirectMessageV2(event, media))).toEqual([null, null, null]);
  });

  it.each([
    ['a number for an id', { id: 2089624337249271809 }],
    ['a sender who is none of the two', { sender_id: '1' }],
    ['a conversation of three', { dm_conversation_id: `${RANIA}-${BRAND}-1` }],
    ['a time that is none', { created_at: 'yesterday' }],
  ])('is none with %s', (_what, change) => {
    expect(parseDirectMessageV2({ ...page.data[1], ...change }, media)).toBeNull();
  });

  it('keeps what it says when its medium is not told of, and undoes X’s escapes', () => {
    expect(parseDirectMessageV2(page.data[0], new Map())).toMatchObject({ text: 'This is what the screen shows', media: null });
    expect(parseDirectMessageV2({ ...page.data[1], text: 'a &lt; b &amp;amp; c' }, media)?.text).toBe('a < b &amp; c');
  });

  it('may have no words', () => {
    const { text, ...wordless } = page.data[0] as { text: string };
    expect(text).not.toBe('');
    expect(parseDirectMessageV2(wordless, media)).toMatchObject({ text: '', media: { id: '2089624299500601347' } });
  });

  it('plays the best of a video’s variants', () => {
    const variants = [{ content_type: 'application/x-mpegURL', url: 'm3u8' }, { bit_rate: 1, content_type: 'video/mp4', url: 'small' }, { bit_rate: 9, content_type: 'video/mp4', url: 'large' }];
    expect(parseMedia([{ media_key: '7_42', type: 'video', preview_image_url: 'p', variants }, { media_key: 'odd' }])).toEqual(new Map([['7_42', { id: '42', kind: 'video', url: 'large' }]]));
  });

  it('is to the other one of the two, whoever sends', () => {
    const id = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String);
    fc.assert(
      fc.property(id, id, (one, other) => {
        fc.pre(one !== other);
        expect([recipientOf(`${one}-${other}`, one), recipientOf(`${one}-${other}`, other)]).toEqual([other, one]);
        expect(recipientOf(one, one)).toBeNull();
      }),
    );
  });
});
