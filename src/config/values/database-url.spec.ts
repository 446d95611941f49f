import { isInMemorySqlite, parseDatabaseUrl } from './database-url.js';

describe('a database address', () => {
  it.each([
    ['sqlite:./data/x.db', { engine: 'sqlite', file: './data/x.db' }],
    ['sqlite:/var/lib/x.db', { engine: 'sqlite', file: '/var/lib/x.db' }],
    ['sqlite:///var/lib/x.db', { engine: 'sqlite', file: '///var/lib/x.db' }],
    ['postgres://u:p@h/db', { engine: 'postgres', url: 'postgres://u:p@h/db' }],
    ['postgresql://h:5433/db', { engine: 'postgres', url: 'postgresql://h:5433/db' }],
  ])('is read from %s', (text, address) => {
    expect(parseDatabaseUrl(text)).toEqual(address);
  });

  it.each([
    '',
    './data/x.db',
    'sqlite:',
    'sqlite:data/',
    'sqlite://data/x.db',
    'sqlite::memory:',
    'sqlite:file:x.db?mode=memory',
    'mysql://u:p@h/db',
    'postgres:h/db',
    'postgres://u:p@h:notaport/db',
  ])('is not read from "%s"', (text) => {
    expect(parseDatabaseUrl(text)).toBeNull();
  });

  it.each(['sqlite::memory:', 'sqlite://:memory:', 'sqlite:file::memory:?cache=shared', 'sqlite:file:x?mode=memory'])(
    '%s is recognised as one in memory',
    (text) => {
      expect(isInMemorySqlite(text)).toBe(true);
    },
  );

  it('takes a file whose name mentions memory for a file', () => {
    expect(isInMemorySqlite('sqlite:./memory.db')).toBe(false);
  });
});
