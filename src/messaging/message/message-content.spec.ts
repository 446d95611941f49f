import fc from 'fast-check';
import type { XDirectMessage } from '../../x-api/direct-message.js';
import { normaliseForEcho, toContent } from './message-content.js';

describe('a text and X’s echo of it', () => {
  it.each([
    ['a link', 'see https://www.example.com/a?b=c', 'see https://t.co/aB12cD34eF'],
    ['a link with a full stop behind it', 'see https://example.com.', 'see https://t.co/aB12cD34eF.'],
    ['a link in brackets', '(http://example.com/a)', '(https://t.co/aB12cD34eF)'],
    ['a bare host name', 'order at example.com today', 'order at https://t.co/aB12cD34eF today'],
    ['a bare host name of several parts, with a path', 'x.shop.example.co.uk/a?b', 'https://t.co/aB12cD34eF'],
    ['a bare host name in brackets', '(example.com)', '(https://t.co/aB12cD34eF)'],
    ['a bare host name behind a dash', '-example.com', '-https://t.co/aB12cD34eF'],
    ['a link in a text without spaces', '詳細はhttps://example.com/a', '詳細はhttps://t.co/aB12cD34eF'],
    ['a bare host name in a text without spaces', '詳細はexample.com', '詳細はhttps://t.co/aB12cD34eF'],
    ['letters with their marks apart', 'cafe\u0301', 'caf\u00e9'],
    ['line ends of another system', 'a\r\nb', 'a\nb'],
    ['space around it', '  hello \n', 'hello'],
    ['NUL', 'a\u0000b', 'ab'],
  ])('are the same with %s', (_what, written, echoed) => {
    expect(normaliseForEcho(echoed)).toBe(normaliseForEcho(written));
  });

  it.each([
    ['other words', 'Hello', 'Hello!'],
    ['capitals', 'Hello', 'hello'],
    ['other numbers', 'costs 12.50', 'costs 13.50'],
    ['more links', 'https://example.com', 'https://t.co/a https://t.co/b'],
    ['words around a link', 'old https://example.com', 'new https://t.co/a'],
  ])('are told from those with %s', (_what, one, other) => {
    expect(normaliseForEcho(one)).not.toBe(normaliseForEcho(other));
  });

  it('are the same whatever is linked, and doing it twice changes nothing', () => {
    const word = fc.oneof(fc.constantFrom('hello', 'a.m.', '3.14', '🙏', 'e\u0301', '(', '…', 'what?', 'foo.bar'), fc.string({ unit: 'grapheme', maxLength: 5 }));
    const link = fc.constantFrom('https://example.com/a?b=c#d', 'http://a.example.com', 'example.com', 'www.example.co.uk/x', 'EXAMPLE.com');
    const parts = fc.array(fc.oneof(word.map((text) => [text, text] as const), link.map((text) => [text, 'https://t.co/aB12cD34eF'] as const)), { maxLength: 8 });
    fc.assert(
      fc.property(parts, (pairs) => {
        const written = pairs.map(([text]) => text).join(' ');
        const echoed = pairs.map(([, text]) => text).join(' ');
        expect(normaliseForEcho(echoed)).toBe(normaliseForEcho(written));
        expect(normaliseForEcho(normaliseForEcho(written))).toBe(normaliseForEcho(written));
      }),
    );
  });

  // Ten times X's limit: work that grows with the square of the length takes many seconds here.
  it.each(['a', 'a.', 'a-', ' .', 'http:'])(
    'are compared without delay though the text is long: %s…',
    (part) => {
      const text = part.repeat(100_000 / part.length);
      const started = process.hrtime.bigint();
      normaliseForEcho(text);
      expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(1_000);
    },
  );
});

describe('the content of a message of X', () => {
  const message: XDirectMessage = {
    xMessageId: '1',
    createdAt: 0,
    senderId: '2',
    recipientId: '3',
    sourceAppId: null,
    text: 'Riyadh',
    links: [],
    media: null,
    location: null,
    quickReplyMetadata: null,
  };

  it('is its text, and names nothing that it has not', () => {
    expect(toContent(message)).toEqual({ type: 'text', text: 'Riyadh' });
    expect(Object.keys(toContent(message))).toEqual(['type', 'text']);
  });

  it('has what came with it', () => {
    const media = { id: '2089624299500601347', kind: 'photo' as const, url: 'https://ton.twitter.com/a.jpg' };
    const links = [{ url: 'https://t.co/a', expandedUrl: 'https://example.com' }];
    const offered = { quickReplies: [{ label: 'Riyadh', metadata: 'city:riyadh' }], buttons: [{ label: 'Track', url: 'https://example.com' }] };
    expect(toContent({ ...message, ...offered, media, links, quickReplyMetadata: '', location: { longitude: 46.6, latitude: 24.7 } })).toEqual({
      type: 'media',
      text: 'Riyadh',
      ...offered,
      media,
      links,
      quickReply: { metadata: '' },
      location: { longitude: 46.6, latitude: 24.7 },
    });
  });
});
