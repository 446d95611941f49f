/** The rule knows instants only: no time zone, no summer time, and no memory of a clock that was wrong for a while. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { transformSync } from '@swc/core';

/** An hour before each zone changes its clocks in 2026, and an ordinary day. */
const STARTS = [
  Date.UTC(2026, 2, 8, 6), // New York, 8 March
  Date.UTC(2026, 2, 29, 0), // Berlin, 29 March
  Date.UTC(2026, 3, 4, 14), // Lord Howe, half an hour back on 5 April
  Date.UTC(2026, 9, 3, 14, 30), // Lord Howe, 4 October
  Date.UTC(2026, 9, 25, 0), // Berlin, 25 October
  Date.UTC(2026, 10, 1, 5), // New York, 1 November
  Date.UTC(2026, 5, 15, 12),
];
const ZONES = ['UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Riyadh'];

/** This folder as JavaScript, for processes of their own. */
function compile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dm-policy-clock-'));
  mkdirSync(join(folder, 'test/policy'), { recursive: true });
  for (const name of readdirSync(__dirname).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))) {
    const { code } = transformSync(readFileSync(join(__dirname, name), 'utf8'), { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } });
    writeFileSync(join(folder, 'test/policy', name.replace(/\.ts$/, '.js')), code);
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  return folder;
}

describe('The rate policy', () => {
  let folder: string;
  beforeAll(() => (folder = compile()));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const tell = (zone: string, starts: readonly number[], ...options: string[]): string =>
    execFileSync(process.execPath, [join(folder, 'test/policy/tell.js'), starts.join(), ...options], { env: { ...process.env, TZ: zone }, encoding: 'utf8', timeout: 60_000 });

  it('answers the same in every time zone, on days when clocks are changed and on others', () => {
    const answers = ZONES.map((zone) => tell(zone, STARTS));
    expect(new Set(answers).size).toBe(1);
  }, 120_000);

  it('answers the same on a day with a change of clocks as on an ordinary one', () => {
    const answers = STARTS.map((start) => tell('Europe/Berlin', [start]));
    expect(new Set(answers).size).toBe(1);
  }, 120_000);

  it('forgets nothing when the clock is an hour off and set right again', () => {
    expect(tell('UTC', STARTS, 'clock-steps')).toBe(tell('UTC', STARTS));
  }, 120_000);

  it('control: a window that ends a calendar day later is found in both ways', () => {
    const answers = ZONES.map((zone) => tell(zone, STARTS, 'local-days'));
    expect(new Set(answers).size).toBeGreaterThan(1);
    expect(tell('Europe/Berlin', [STARTS[1] ?? 0], 'local-days')).not.toBe(tell('Europe/Berlin', [STARTS.at(-1) ?? 0], 'local-days'));
  }, 120_000);
});
