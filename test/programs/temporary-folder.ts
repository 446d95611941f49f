import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that goes with the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dm-channel-program-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
