import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROJECT_ROOT } from '../support/processes.js';
import { ALLOWED, PLANTED } from './planted-imports.js';

interface Violation {
  rule: { name: string };
  from: string;
  to: string;
}

interface Cruise {
  modules: unknown[];
  summary: { violations: Violation[] };
}

const describeViolation = ({ rule, from, to }: Violation) => `${rule.name}: ${from} imports ${to}`;

const CONFIG = join(PROJECT_ROOT, '.dependency-cruiser.cjs');

/** Checks `src` in `folder` with the project's own rules. */
function cruise(folder: string): Cruise {
  const tool = join(PROJECT_ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const args = [tool, '--config', CONFIG, '--output-type', 'json', 'src'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser gave no report:\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as Cruise;
}

/** A small project with these files, and stand-ins for the packages they import. */
function plant(folder: string, files: Readonly<Record<string, string>>): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const packages = ['typeorm', '@nestjs/typeorm', '@nestjs/common', 'zod', 'pg', 'sqlite3', 'twitter-api-v2'];
  const dependencies = Object.fromEntries(packages.map((name) => [name, '1.0.0']));
  const imports = { '#kernel/*': './src/kernel/*.ts' };
  write('package.json', JSON.stringify({ name: 'planted', dependencies, devDependencies: { jest: '1.0.0' }, imports }));
  for (const name of [...packages, 'jest', 'undeclared']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'main.js' }));
    write(`node_modules/${name}/main.js`, 'exports.thing = 1;');
  }
  for (const [path, text] of Object.entries(files)) write(path, text);
}

describe('who may import whom', () => {
  it('the tree keeps to it', () => {
    const { modules, summary } = cruise(PROJECT_ROOT);
    expect(modules.length).toBeGreaterThan(20);
    expect(summary.violations.map(describeViolation)).toEqual([]);
  });

  it('every rule has a planted violation below, and a sentence that says why', async () => {
    const { default: config } = (await import(CONFIG)) as { default: { forbidden: { name: string; comment: string }[] } };
    expect(new Set(PLANTED.map(({ rule }) => rule))).toEqual(new Set(config.forbidden.map(({ name }) => name)));
    for (const { comment } of config.forbidden) expect(comment).toMatch(/^\S.{30,}\.$/);
  });

  describe('on a planted tree', () => {
    let folder: string;
    let violations: Violation[];

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'dm-channel-imports-'));
      plant(folder, Object.assign({}, ALLOWED, ...PLANTED.map(({ files }) => files)) as Record<string, string>);
      violations = cruise(folder).summary.violations;
    });

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.each(PLANTED)('$rule catches $from importing $to', ({ rule, from, to }) => {
      expect(violations.map(describeViolation)).toContain(describeViolation({ rule: { name: rule }, from, to }));
    });

    it('lets pass what is allowed', () => {
      expect(violations.filter(({ from }) => from in ALLOWED)).toEqual([]);
    });
  });
});
