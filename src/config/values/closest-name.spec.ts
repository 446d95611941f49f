import { findClosestName } from './closest-name.js';

describe('the name that was probably meant', () => {
  it.each([
    ['maxBodyBites', 'maxBodyBytes'],
    ['MAXBODYBYTES', 'maxBodyBytes'],
    ['maxBodyByte', 'maxBodyBytes'],
    ['hsot', 'host'],
  ])('is found for %s: %s', (name, closest) => {
    expect(findClosestName(name, ['host', 'port', 'maxBodyBytes'])).toBe(closest);
  });

  it.each(['x', 'colour', 'host-of-the-database', ''])('is not guessed for "%s"', (name) => {
    expect(findClosestName(name, ['host', 'port', 'maxBodyBytes'])).toBeNull();
  });
});
