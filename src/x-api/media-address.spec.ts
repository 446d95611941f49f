import { isXItself, parseMediaAddress } from './media-address.js';

describe('A medium’s address at X', () => {
  it.each([
    ['https://ton.twitter.com/1.1/ton/data/dm/1/2/a.jpg', true],
    ['https://ton.x.com/1.1/ton/data/dm/1/2/a.jpg', true],
    ['https://video.twimg.com/dm_video/1/vid/a.mp4?tag=1', false],
    ['https://pbs.twimg.com/dm_gif_preview/1/a.jpg', false],
  ])('is read: %s', (text, isSigned) => {
    expect(parseMediaAddress(text)).toEqual({ url: new URL(text), isSigned });
  });

  it.each(['http://ton.twitter.com/a', 'https://ton.twitter.com.example/a', 'https://example.com/ton.twitter.com', 'https://127.0.0.1/a', 'https://ton.twitter.com:8443/a', 'https://u@ton.twitter.com/a', 'nonsense'])(
    'gets no signature, nor any call: %s',
    (text) => {
      expect(parseMediaAddress(text)).toBeNull();
    },
  );

  it('is elsewhere only where X is simulated', () => {
    expect([isXItself('https://api.x.com'), isXItself('https://api.twitter.com'), isXItself('http://127.0.0.1:4010')]).toEqual([true, true, false]);
  });
});
