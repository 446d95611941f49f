// Jest loads this file with Node's own resolver (global-setup.ts imports it), which finds a `.ts` only without a suffix.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, type Binaries, findBinaries, unprivilegedAccount } from './postgres-binaries';

export interface Postgres {
  /** postgres:// URL of a database from which others can be created. */
  url: string;
  /** Where the server comes from, for a person. */
  origin: string;
  stop(): Promise<void>;
}

// Nothing in a test's database outlives the run: no write waits for the disk.
const SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200', 'unix_socket_directories='];

const ENDING_SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** The server of TEST_DATABASE_URL where it is set; else one of our own on a free port of 127.0.0.1, gone after `stop()`. */
export async function startPostgres(): Promise<Postgres> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return { url: given, origin: 'TEST_DATABASE_URL', stop: () => Promise.resolve() };

  const account = unprivilegedAccount();
  const scratch = mkdtempSync(join(tmpdir(), 'dm-channel-postgres-'));
  const remove = () => rmSync(scratch, { recursive: true, force: true });
  try {
    handOver(scratch, account);
    const binaries = findBinaries(account, scratch);
    const server = await serveFiles(binaries, account, createFiles(binaries, account, scratch), SETTINGS);
    // A run that is cut short leaves neither server nor files behind.
    const cleanUp = () => {
      server.process.kill('SIGKILL');
      remove();
    };
    process.once('exit', cleanUp);
    for (const [signal, number] of Object.entries(ENDING_SIGNALS)) process.once(signal, () => process.exit(128 + number));
    return {
      url: `postgres://postgres@127.0.0.1:${server.port}/postgres`,
      origin: binaries.origin,
      stop: async () => {
        process.off('exit', cleanUp);
        await stopServer(server.process);
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

export function handOver(path: string, { uid, gid }: Account): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

export interface RunningServer {
  process: ChildProcess;
  port: number;
}

/** Files for a server, in `scratch`. */
export function createFiles(binaries: Binaries, account: Account, scratch: string): string {
  const files = join(scratch, 'data');
  mkdirSync(files, { mode: 0o700 });
  handOver(files, account);
  const initdb = ['-D', files, '-U', 'postgres', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C'];
  execFileSync(join(binaries.directory, 'initdb'), initdb, { ...account, cwd: scratch, stdio: ['ignore', 'ignore', 'pipe'] });
  return files;
}

/** A server on its files, on a free port of 127.0.0.1. */
export async function serveFiles(binaries: Binaries, account: Account, files: string, settings: readonly string[]): Promise<RunningServer> {
  const port = await freePort();
  const args = ['-D', files, '-h', '127.0.0.1', '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const server = spawn(join(binaries.directory, 'postgres'), args, { ...account, cwd: files, stdio: ['ignore', 'ignore', 'pipe'] });
  await ready(server);
  return { process: server, port };
}

/** Waits for the server's own word that it takes connections. */
function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (!log.includes('database system is ready to accept connections')) return;
      server.stderr?.removeAllListeners('data').resume();
      // Neither the server nor its log keeps a finished run from ending.
      server.unref();
      if (server.stderr instanceof Socket) server.stderr.unref();
      resolve();
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code} before it was ready:\n${log}`)));
  });
}

/** SIGINT is PostgreSQL's fast shutdown: open connections are cut off. */
export async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.ref();
  const exited = once(server, 'exit');
  server.kill('SIGINT');
  await exited;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
