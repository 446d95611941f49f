import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProblemCode } from '../kernel/problem-code.js';
import { PROBLEM_CATALOG, problemType } from './problem-catalog.js';

const SRC = join(__dirname, '..');
const codes = Object.keys(PROBLEM_CATALOG) as ProblemCode[];
const titles = codes.map((code) => PROBLEM_CATALOG[code].title);

/** Our own sources, without those that only list the codes. */
function readSources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && !path.startsWith('sandbox'))
    .filter((path) => !/problem-(code|catalog)\.ts$/.test(path))
    .map((path) => readFileSync(join(SRC, path), 'utf8'));
}

/** Whether some source names the code, in whole or as `room.${reason}` beside a text with that reason. Comments do not count. */
function isNamed(code: string, sources: readonly string[]): boolean {
  const [room, reason] = code.split('.') as [string, string];
  const texts = sources.map((source) => source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''));
  const hasWhole = texts.some((source) => source.includes(`'${code}'`));
  const hasParts = texts.some((source) => source.includes(`\`${room}.\${`)) && texts.some((source) => source.includes(`'${reason}'`));
  return hasWhole || hasParts;
}

describe('the catalogue of problems', () => {
  it('has no code that nothing answers with', () => {
    const sources = readSources();
    expect(sources.length).toBeGreaterThan(100);
    expect(codes.filter((code) => !isNamed(code, sources))).toEqual([]);
  });

  it('would show a code that nothing answers with', () => {
    expect(isNamed('channel.never', ["'channel.never-more'", '/** `channel.never` */', '// channel.never', "'never'"])).toBe(false);
    expect(isNamed('channel.never', ['`channel.${reason}`', "type Reason = 'never'"])).toBe(true);
  });

  it.each(codes)('%s is module and reason, with an error’s status and a title', (code) => {
    expect(code).toMatch(/^[a-z]+(\.[a-z]+(-[a-z]+)*){1}$/);
    const { status, title } = PROBLEM_CATALOG[code];
    expect(Number.isInteger(status) && status >= 400 && status <= 599).toBe(true);
    expect(title).toMatch(/^\p{Lu}[^.]+$/u);
    expect(problemType(code)).toBe(`urn:twitter-dm-channel:problem:${code}`);
  });

  it('has one title for each', () => {
    expect(new Set(titles).size).toBe(titles.length);
  });

  it.each<[ProblemCode, number]>([
    ['request.id-must-be-string', 400],
    ['request.body-too-large', 413],
    ['request.unsupported-media-type', 415],
    ['request.method-not-allowed', 405],
    ['request.idempotency-key-reused', 422],
    ['request.idempotency-key-in-use', 409],
    ['access.unauthenticated', 401],
    ['access.scope-missing', 403],
    ['channel.credentials-rejected', 422],
    ['channel.direct-messages-not-permitted', 422],
    ['channel.account-taken', 409],
    ['channel.declared-in-config', 409],
    ['channel.webhook-occupied', 409],
    ['x.unavailable', 503],
    ['webhook.challenge-invalid', 400],
    ['webhook.signature-invalid', 401],
    ['webhook.not-stored', 503],
    ['message.window-closed', 409],
    ['message.allotment-used', 409],
  ])('%s is the status of the contract, %d', (code, status) => {
    expect(PROBLEM_CATALOG[code].status).toBe(status);
  });
});
