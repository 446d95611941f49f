/** Which database a `database.url` means. `file` is as written; null engine means the text is none of ours. */
export type DatabaseAddress = { engine: 'sqlite'; file: string } | { engine: 'postgres'; url: string };

/** Reads `sqlite:<file>` or `postgres://…`; null for anything else, in-memory databases among it. */
export function parseDatabaseUrl(text: string): DatabaseAddress | null {
  if (text.startsWith('sqlite:')) {
    const file = text.slice('sqlite:'.length);
    return isPlainFile(file) ? { engine: 'sqlite', file } : null;
  }
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) return null;
  return { engine: 'postgres', url: text };
}

/** Every in-memory form that SQLite knows by name; each connection to one gets a database of its own. */
export function isInMemorySqlite(text: string): boolean {
  return text.startsWith('sqlite:') && /^(:memory:|file::memory:|file:.*mode=memory)/.test(text.slice('sqlite:'.length).replace(/^\/\//, ''));
}

function isPlainFile(file: string): boolean {
  // `sqlite://data/x.db` reads as a host called data to some and as /data/x.db to others: refused rather than guessed.
  const isAmbiguous = file.startsWith('//') && !file.startsWith('///');
  return file !== '' && !file.endsWith('/') && !file.startsWith(':') && !file.startsWith('file:') && !isAmbiguous;
}
