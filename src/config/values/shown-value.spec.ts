import { showUrl, showValue } from './shown-value.js';

describe('a shown value', () => {
  it.each([
    ['a text', 'a text', '"a text"'],
    ['a number', 3000, '3000'],
    ['nothing', null, 'null'],
    ['a line break, as one line', 'a\nb', '"a\\nb"'],
    ['an empty list', [], '[]'],
    ['a list, without what is in it', ['abc', 'def'], 'a list of 2'],
    ['a group, without what is in it', { key: 'abc' }, 'a group of keys'],
  ])('is %s', (_what, value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  it('is cut when it is very long', () => {
    expect(showValue('x'.repeat(5_000)).length).toBeLessThan(110);
  });

  it.each([
    ['postgres://jane:secret@db:5432/name', 'postgres://jane:(hidden)@db:5432/name'],
    ['postgres://jane@db/name', 'postgres://jane@db/name'],
    ['postgres://db:5432/name', 'postgres://db:5432/name'],
    ['postgres://[::1]:5432/name', 'postgres://[::1]:5432/name'],
    ['postgres://db/name?password=secret', 'postgres://db/name?(hidden)'],
    ['mysql://jane:secret@db/name', 'mysql://jane:(hidden)@db/name'],
    ['postgres://jane:se@cret@db/name', 'postgres://jane:(hidden)@db/name'],
    ['postgres://jane:secret/more@db/name', 'postgres://(hidden)'],
    ['postgres://jane:12/secret@db/name', 'postgres://(hidden)'],
    ['postgres://jane:12?secret@db/name', 'postgres://(hidden)'],
    ['postgres://jane:secret', 'postgres://(hidden)'],
    ['postgres://jane:secret/more', 'postgres://(hidden)'],
    ['postgres:jane:secret@db/name', '(hidden)'],
    ['https:\\\\jane:secret@host', '(hidden)'],
    ['sqlite:./data/x.db', 'sqlite:./data/x.db'],
  ])('%s is shown as %s', (url, shown) => {
    expect(showUrl(url)).toBe(shown);
  });
});
