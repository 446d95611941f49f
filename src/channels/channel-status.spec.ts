import { type Connection, isToBeKeptAlive, statusOf } from './channel-status.js';

const CONNECTIONS: [Connection, boolean][] = [
  ['pending', false],
  ['connected', true],
  ['degraded', true],
  ['disconnected', false],
  ['revoked', false],
];

describe.each(CONNECTIONS)('a channel that is %s', (connection, isKept) => {
  it('is shown so, and as paused while an operator pauses it', () => {
    expect(statusOf({ connection, isPaused: false })).toBe(connection);
    expect(statusOf({ connection, isPaused: true })).toBe('paused');
  });

  it(`is ${isKept ? '' : 'not '}looked after by the subscription check`, () => {
    expect(isToBeKeptAlive(connection)).toBe(isKept);
  });
});
