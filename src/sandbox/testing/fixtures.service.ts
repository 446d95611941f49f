import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A captured or documented payload of X, for the sandbox's own tests. */
export function readFixture(name: string): string {
  return readFileSync(join(__dirname, '..', '..', '..', 'test', 'fixtures', 'x', `${name}.json`), 'utf8');
}

/** The same JSON text without the white space between its tokens: X's order and X's bare 64-bit numbers stay. */
export function compactFixture(name: string): string {
  return readFixture(name).replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
}
