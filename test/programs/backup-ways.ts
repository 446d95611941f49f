import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { queryDatabase } from '../e2e/database.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { PROJECT_ROOT } from '../support/processes.js';

/** One way of docs/backup.md, from the first start to a restored database. */
export interface BackupWay {
  /** A new database. */
  start(): Promise<string>;
  backUp(): Promise<void>;
  /** Another place with the data of the backup in it. */
  restore(): Promise<string>;
  pause(databaseUrl: string): Promise<void>;
  remove(): Promise<void>;
}

/** The line of the page that has this in it, with other paths. */
function lineOfPage(part: string, paths: Record<string, string>): string {
  const line = readFileSync(join(PROJECT_ROOT, 'docs', 'backup.md'), 'utf8').split('\n').find((one) => /^ *(node|pg_|psql)/.test(one) && one.includes(part));
  if (line === undefined) throw new Error(`docs/backup.md has no line with ${part}`);
  return Object.entries(paths).reduce((text, [from, to]) => text.replaceAll(from, to), line.trim());
}

const run = promisify(execFile);
const PAUSE_ON_POSTGRES = 'UPDATE channels SET is_paused = true';

export function withVacuumInto(): BackupWay {
  const folder = mkdtempSync(join(tmpdir(), 'dm-channel-backup-'));
  const [file, backup] = [join(folder, 'service.db'), join(folder, 'backup.db')];
  let restored = 0;
  const inShell = async (part: string, paths: Record<string, string>): Promise<void> => void (await run('bash', ['-c', lineOfPage(part, paths)], { cwd: PROJECT_ROOT }));
  return {
    start: () => Promise.resolve(`sqlite:${file}`),
    backUp: () => inShell('VACUUM INTO', { '/backups/twitter-channel.db': backup, 'data/twitter-channel.db': file }),
    restore: async () => {
      restored += 1;
      const place = join(folder, `restored-${restored}`);
      mkdirSync(place);
      copyFileSync(backup, join(place, 'twitter-channel.db'));
      return `sqlite:${join(place, 'twitter-channel.db')}`;
    },
    pause: (url) => inShell('is_paused = 1', { 'data/twitter-channel.db': url.slice('sqlite:'.length) }),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Null where this machine can start no PostgreSQL. */
export function withBaseBackup(): BackupWay | null {
  const postgres = OwnPostgres.create();
  if (postgres === null) return null;
  const backup = join(postgres.scratch, 'backup');
  let origin: { url: string; files: string };
  return {
    start: async () => {
      origin = await postgres.start();
      return origin.url;
    },
    backUp: async () => {
      // One session from the first word to the last: PostgreSQL gives up the backup of one that ends.
      const session = new Client({ connectionString: origin.url });
      await session.connect();
      await session.query("SELECT pg_backup_start('test', true)");
      // Files that go while they are copied are no matter: the log that is copied at the end has what became of them.
      await postgres.run('cp -a "$0" "$1" || true', [origin.files, backup]);
      const { rows } = await session.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(true)');
      await session.end();
      await postgres.run('rm -rf "$1/postmaster.pid" "$1/pg_wal" && printf "%s" "$2" > "$1/backup_label" && cp -a "$0/pg_wal" "$1/pg_wal"', [origin.files, backup, rows[0]?.labelfile ?? '']);
    },
    restore: async () => (await postgres.start(backup)).url,
    pause: async (url) => void (await queryDatabase(url, PAUSE_ON_POSTGRES)),
    remove: () => postgres.remove(),
  };
}

/** Null where no PostgreSQL is installed: npm brings no `pg_dump`. */
export function withDump(): BackupWay | null {
  const postgres = OwnPostgres.createWith(['pg_dump', 'pg_restore', 'psql']);
  if (postgres === null) return null;
  const dump = join(postgres.scratch, 'backup.dump');
  let url = '';
  const inShell = (part: string, databaseUrl: string): Promise<void> => postgres.run(lineOfPage(part, { '/backups/twitter-channel.dump': dump }), [], { DATABASE_URL: databaseUrl });
  return {
    start: async () => {
      url = (await postgres.start()).url;
      return url;
    },
    backUp: () => inShell('pg_dump', url),
    restore: async () => {
      await queryDatabase(url, 'CREATE DATABASE restored');
      const restored = url.replace(/postgres$/, 'restored');
      await inShell('pg_restore', restored);
      return restored;
    },
    pause: (restored) => inShell(PAUSE_ON_POSTGRES, restored),
    remove: () => postgres.remove(),
  };
}
