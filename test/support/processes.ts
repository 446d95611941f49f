import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from './eventually.js';

export const PROJECT_ROOT = join(__dirname, '..', '..');

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** Added to this process's own environment; undefined takes a variable out. */
  env?: Record<string, string | undefined>;
  cwd?: string;
}

const running = new Set<ChildProcess>();
// What a failed test left running ends with its file.
afterAll(() => running.forEach((child) => child.kill('SIGKILL')));

/** A program in a process of its own, with all that it printed. */
export class RunningProcess {
  private printed = '';
  private ending: Ending | null = null;

  constructor(private readonly child: ChildProcess) {
    running.add(child);
    child.stdout?.on('data', (chunk: Buffer) => (this.printed += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.printed += chunk.toString()));
    child.once('error', (error) => (this.printed += `\n${error.message}\n`));
    child.once('close', (code, signal) => {
      running.delete(child);
      this.ending = { code, signal };
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`The process did not start: ${this.printed}`);
    return this.child.pid;
  }

  /** Standard output and standard error, in the order they came. */
  get output(): string {
    return this.printed;
  }

  get hasEnded(): boolean {
    return this.ending !== null;
  }

  /** The first match of `pattern` in the output; throws as soon as the process has ended without it. */
  async waitForOutput(pattern: RegExp, withinMs = 20_000): Promise<RegExpExecArray> {
    const found = await eventually(() => pattern.exec(this.printed) ?? (this.hasEnded ? 'ended' : null), `output like ${pattern}`, {
      withinMs,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\nIt printed:\n${this.printed}`);
    });
    if (found === 'ended') throw new Error(`The process ended without output like ${pattern}. It printed:\n${this.printed}`);
    return found;
  }

  /** Waits until `{origin}/health/ready` answers 200. */
  async waitUntilReady(origin: string, withinMs = 30_000): Promise<void> {
    const isReady = () =>
      fetch(`${origin}/health/ready`).then(
        (answer) => answer.ok,
        () => false,
      );
    await eventually(async () => this.hasEnded || (await isReady()), `${origin} is ready`, { withinMs }).catch((error: unknown) => {
      throw new Error(`${String(error)}\nIt printed:\n${this.printed}`);
    });
    if (this.hasEnded) throw new Error(`The process ended before it was ready. It printed:\n${this.printed}`);
  }

  /** Waits for the end, and gives it. */
  async waitForEnd(withinMs = 20_000): Promise<Ending> {
    return eventually(() => this.ending, `process ${this.child.pid} ends`, { withinMs });
  }

  /** Sends a signal to this process, by its id, and waits for the end. SIGKILL is what a power cut or the kernel would do. */
  async end(signal: NodeJS.Signals = 'SIGTERM', withinMs = 15_000): Promise<Ending> {
    if (this.ending === null) this.child.kill(signal);
    return this.waitForEnd(withinMs);
  }
}

/** Starts `node …`; `startNode(['dist/main.js'], { env: { PORT: '4000' } })`. The build has to be there: `ensureBuild()`. */
export function startNode(args: readonly string[], { env = {}, cwd = PROJECT_ROOT }: StartOptions = {}): RunningProcess {
  const child = spawn(process.execPath, ['--require', join(__dirname, 'end-with-parent.cjs'), ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  return new RunningProcess(child);
}

/** Builds `dist/` where it is missing or older than `src/`, once however many test files ask. */
export async function ensureBuild(): Promise<void> {
  const build = startNode(['scripts/built.cjs']);
  const { code } = await build.waitForEnd(180_000);
  if (code !== 0) throw new Error(`The build failed:\n${build.output}`);
}

/** A port of 127.0.0.1 that was free just now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
