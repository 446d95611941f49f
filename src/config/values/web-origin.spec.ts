import { isLoopbackOrigin, isPublicHttpsOrigin, isXOrigin, parseOrigin } from './web-origin.js';

describe('an origin', () => {
  it.each([
    ['https://dm.example.com', 'https://dm.example.com'],
    ['https://DM.Example.com/', 'https://dm.example.com'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('is read from %s', (text, origin) => {
    expect(parseOrigin(text)).toBe(origin);
  });

  it.each([
    'dm.example.com',
    'https://dm.example.com/path',
    'https://dm.example.com?',
    'https://dm.example.com/?a=b',
    'https://dm.example.com#',
    'https://jane@dm.example.com',
    'https://@dm.example.com',
    'https:dm.example.com',
    'https:///dm.example.com',
    'https:\\\\dm.example.com',
    ' https://dm.example.com',
    'ftp://dm.example.com',
    'https://',
    '',
  ])('is not read from "%s"', (text) => {
    expect(parseOrigin(text)).toBeNull();
  });

  it.each(['http://localhost:1', 'http://127.0.0.1', 'http://127.255.3.4', 'http://127.1', 'https://[::1]'])('%s is on loopback', (origin) => {
    expect(isLoopbackOrigin(origin)).toBe(true);
  });

  it.each(['https://api.x.com', 'http://128.0.0.1', 'http://127.0.0.1.example.com', 'http://localhost.example.com', 'http://[::2]'])(
    '%s is not on loopback',
    (origin) => {
      expect(isLoopbackOrigin(origin)).toBe(false);
    },
  );

  it.each([
    ['https://api.x.com', true],
    ['https://simulator.example.com:8443', true],
    ['http://localhost:4000', true],
    ['http://api.x.com', false],
    ['https://api.x.com/2', false],
  ])('%s can be an address of X: %s', (text, isAllowed) => {
    expect(isXOrigin(text)).toBe(isAllowed);
  });

  it.each([
    ['https://dm.example.com', true],
    ['https://dm.example.com/', true],
    ['https://dm.example.com:8443', false],
    ['https://dm.example.com:443', false],
    ['http://dm.example.com', false],
  ])('%s can be registered at X: %s', (text, isAllowed) => {
    expect(isPublicHttpsOrigin(text)).toBe(isAllowed);
  });
});
