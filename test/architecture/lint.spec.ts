import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { PROJECT_ROOT } from '../support/processes.js';
import { ALLOWED, PLANTED } from './planted-lint.js';

interface FileReport {
  filePath: string;
  messages: { ruleId: string | null; message: string }[];
}

/** Lints a folder that looks like the project, with the project's own rules. */
function lint(folder: string): Map<string, string[]> {
  const args = [join(PROJECT_ROOT, 'node_modules/eslint/bin/eslint.js'), '--config', join(PROJECT_ROOT, 'eslint.config.mjs'), '--format', 'json', '.'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (!stdout.startsWith('[')) throw new Error(`eslint gave no report:\n${stdout}\n${stderr}`);
  const reports = JSON.parse(stdout) as FileReport[];
  return new Map(
    reports.map(({ filePath, messages }) => [relative(folder, filePath), messages.map(({ ruleId, message }) => `${ruleId}: ${message}`)]),
  );
}

describe('what the linter refuses', () => {
  let folder: string;
  let reports: Map<string, string[]>;

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'dm-channel-lint-')));
    symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(folder, 'node_modules'));
    const files = { ...ALLOWED, ...Object.fromEntries(PLANTED.map(({ path, code }) => [path, code])) };
    const tsconfig = JSON.stringify({ extends: join(PROJECT_ROOT, 'tsconfig.json'), include: ['src', 'test'] });
    for (const [path, code] of Object.entries({ ...files, 'tsconfig.json': tsconfig })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), code);
    }
    reports = lint(folder);
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(PLANTED)('$path ($message)', ({ path, rule, message }) => {
    const found = reports.get(path) ?? [];
    expect(found.filter((line) => line.startsWith(`${rule}: `) && line.includes(message))).not.toEqual([]);
  });

  it.each(Object.keys(ALLOWED))('not %s', (path) => {
    expect(reports.get(path)).toEqual([]);
  });
});
