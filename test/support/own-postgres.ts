import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createFiles, handOver, type RunningServer, serveFiles, stopServer } from './postgres.js';
import { type Account, type Binaries, findBinaries, findSystemBinaries, unprivilegedAccount } from './postgres-binaries.js';

/** Enough for all that a test writes: a backup needs what was written while it was taken. */
const SETTINGS = ['unix_socket_directories=', 'wal_keep_size=1GB'];

/** A PostgreSQL whose files a test may copy, which it may not of the one that all tests share. As durable as one in production. */
export class OwnPostgres {
  private servers: RunningServer[] = [];

  private constructor(
    readonly binaries: Binaries,
    private readonly account: Account,
    readonly scratch: string,
  ) {}

  /** Null where this machine can start none, so that tests have only the one of TEST_DATABASE_URL. */
  static create(): OwnPostgres | null {
    return OwnPostgres.with((account, scratch) => {
      try {
        return findBinaries(account, scratch);
      } catch {
        return null;
      }
    });
  }

  /** With the programs of an installed PostgreSQL beside it, such as `pg_dump`; null where there is none. */
  static createWith(programs: readonly string[]): OwnPostgres | null {
    return OwnPostgres.with((account) => findSystemBinaries(account, programs));
  }

  private static with(find: (account: Account, scratch: string) => Binaries | null): OwnPostgres | null {
    const account = unprivilegedAccount();
    const scratch = mkdtempSync(join(tmpdir(), 'dm-channel-own-postgres-'));
    handOver(scratch, account);
    const binaries = find(account, scratch);
    if (binaries === null) rmSync(scratch, { recursive: true, force: true });
    return binaries === null ? null : new OwnPostgres(binaries, account, scratch);
  }

  /** A server on new files, or on these. Answers the address of its first database. */
  async start(files: string = createFiles(this.binaries, this.account, this.scratch)): Promise<{ url: string; files: string }> {
    const server = await serveFiles(this.binaries, this.account, files, SETTINGS);
    this.servers.push(server);
    process.once('exit', () => server.process.kill('SIGKILL'));
    return { url: `postgres://postgres@127.0.0.1:${server.port}/postgres`, files };
  }

  /** Runs a line of the shell as the account that the files belong to, `$0` and so on being the arguments. */
  async run(line: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
    await promisify(execFile)('bash', ['-c', line, ...args], { ...this.account, cwd: this.scratch, env: { ...process.env, ...env, PATH: `${this.binaries.directory}:${process.env['PATH']}` } });
  }

  async remove(): Promise<void> {
    for (const server of this.servers) await stopServer(server.process);
    rmSync(this.scratch, { recursive: true, force: true });
  }
}
