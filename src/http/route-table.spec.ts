import { allowedMethods, type Route } from './route-table.js';

const ROUTES: Route[] = [
  { method: 'POST', url: '/v1/messages' },
  { method: 'GET', url: '/v1/messages' },
  { method: 'HEAD', url: '/v1/messages' },
  { method: 'GET', url: '/v1/messages/:id' },
  { method: 'DELETE', url: '/v1/messages/:id' },
  { method: 'POST', url: '/v1/messages/check' },
  { method: 'GET', url: '/v1/messages/:id/attempts' },
  { method: 'DELETE', url: '/v1/participants/:channelId/:number' },
  { method: 'GET', url: '/' },
  { method: 'GET', url: '/v1/messages' },
];

describe('the methods of an address', () => {
  it.each([
    ['/v1/messages', ['GET', 'HEAD', 'POST']],
    ['/v1/messages/msg_1', ['DELETE', 'GET']],
    ['/v1/messages/msg_1/attempts', ['GET']],
    ['/v1/participants/chn_1/84391207', ['DELETE']],
    ['/', ['GET']],
  ])('of %s are %p, each once and in order', (path, methods) => {
    expect(allowedMethods(ROUTES, path)).toEqual(methods);
  });

  it('are those of every pattern that fits', () => {
    expect(allowedMethods(ROUTES, '/v1/messages/check')).toEqual(['DELETE', 'GET', 'POST']);
  });

  it.each(['/v1', '/v1/message', '/v1/messages/', '/v1/messages//attempts', '/v1/messages/msg_1/attempts/more', '/v2/messages', '/v1/participants/chn_1/', '/V1/messages', ''])(
    'are none for %j, where nothing is',
    (path) => {
      expect(allowedMethods(ROUTES, path)).toEqual([]);
    },
  );

  it('are not those of a text in a pattern that only looks like one', () => {
    expect(allowedMethods([{ method: 'GET', url: '/a.c' }], '/abc')).toEqual([]);
    expect(allowedMethods([{ method: 'GET', url: '/a/b*' }], '/a/bbb')).toEqual([]);
  });
});
