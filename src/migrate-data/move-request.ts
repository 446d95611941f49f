import { parseDatabaseUrl } from '../config/values/database-url.js';

export const USAGE = `Moves all data of a stopped service from its SQLite file to a PostgreSQL that has none of its tables yet.

  npm run migrate-data -- --from sqlite:./data/twitter-channel.db --to postgres://user:password@host:5432/name

--from  the SQLite file; nothing in it is changed, but that a service does not start on it any more once all has been moved.
--to    the PostgreSQL. What a run that was cut short has left there is gone on with.

Ends with 0 when all rows are there and their checksums agree, 1 when not, 2 when it was asked for something odd.`;

/** `file` is as written. */
export interface MoveRequest {
  file: string;
  url: string;
}

export type ReadArguments = { kind: 'move'; request: MoveRequest } | { kind: 'help' } | { kind: 'odd'; why: string };

/** Reads the arguments. What is odd is named without an address, which may have a password in it. */
export function readArguments(args: readonly string[]): ReadArguments {
  const given = new Map<string, string>();
  for (let n = 0; n < args.length; n += 1) {
    const [, name, value] = /^--(from|to|help)(?:=(.*))?$/s.exec(args[n] ?? '') ?? [];
    if (name === 'help') {
      return { kind: 'help' };
    }
    if (name === undefined) {
      return { kind: 'odd', why: `Argument ${n + 1} is none of --from and --to.` };
    }
    given.set(name, value ?? args[(n += 1)] ?? '');
  }
  const [from, to] = ['from', 'to'].map((name) => parseDatabaseUrl(given.get(name) ?? ''));
  if (from?.engine !== 'sqlite') {
    return { kind: 'odd', why: '--from has to be sqlite:<file>.' };
  }
  if (to?.engine !== 'postgres') {
    return { kind: 'odd', why: '--to has to be postgres://user:password@host:5432/name.' };
  }
  return { kind: 'move', request: { file: from.file, url: to.url } };
}
