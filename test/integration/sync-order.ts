import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For each answered marker: whether its row was in a WAL, and that WAL synced, before the answer left. */
export interface SyncOrder {
  /** Markers answered 200, in their order. */
  answered: string[];
  /** Those of them whose row was not safely on disk by then. */
  tooEarly: string[];
}

/**
 * Watches in which order a process writes, syncs and answers. Not with strace: that has to be installed and to be allowed to
 * trace; this needs the C compiler that sqlite3 is built with anyway, and can make a sync fail as well. Linux only.
 */
export class SyncOrderWatch {
  private readonly folder = mkdtempSync(join(tmpdir(), 'dm-channel-sync-'));
  private readonly log = join(this.folder, 'order.log');
  private readonly failFile = join(this.folder, 'fail');
  readonly env: Record<string, string>;

  constructor() {
    const library = join(this.folder, 'sync-order.so');
    execFileSync(process.env['CC'] ?? 'cc', ['-shared', '-fPIC', '-O1', '-o', library, join(__dirname, 'sync-order.c'), '-ldl']);
    this.env = { LD_PRELOAD: library, SYNC_ORDER_LOG: this.log, SYNC_ORDER_FAIL: this.failFile };
  }

  /** While on, the disk refuses: each sync of a WAL fails with EIO. */
  failSyncs(isOn: boolean): void {
    if (isOn) {
      writeFileSync(this.failFile, '');
    } else {
      rmSync(this.failFile, { force: true });
    }
  }

  /** What happened up to now. */
  read(): SyncOrder {
    return readSyncOrder(readFileSync(this.log, 'utf8').split('\n'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A row is safe once a sync that began after it was written has ended. */
function readSyncOrder(lines: readonly string[]): SyncOrder {
  const written = new Set<string>();
  const safe = new Set<string>();
  let beingSynced = new Set<string>();
  const order: SyncOrder = { answered: [], tooEarly: [] };
  for (const line of lines) {
    const [what, marker = ''] = line.split(' ');
    if (what === 'row') {
      written.add(marker);
    } else if (what === 'sync-begins') {
      beingSynced = new Set(written);
    } else if (what === 'sync-ends') {
      beingSynced.forEach((one) => safe.add(one));
    } else if (what === 'answer') {
      order.answered.push(marker);
      if (!safe.has(marker)) {
        order.tooEarly.push(marker);
      }
    }
  }
  return order;
}
