import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Knows every Node process that a program starts, however deep. */
export class ProcessFamily {
  /** Add it to the program's environment. */
  readonly env: Record<string, string>;

  constructor(private readonly folder: string) {
    mkdirSync(folder);
    this.env = { NOTED_PIDS: folder, NODE_OPTIONS: `--require ${JSON.stringify(join(__dirname, 'note-pid.cjs'))}` };
  }

  get pids(): number[] {
    return readdirSync(this.folder).map(Number);
  }

  /** Those that still run. */
  alive(): number[] {
    return this.pids.filter(isAlive);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
