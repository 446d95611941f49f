import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadRatePolicies } from './rate-policies.service.js';

const SHIPPED = resolve(__dirname, '../../config');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rate-policies-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Loads the shipped file with a part of it replaced. */
function loadWith(part: string, replacement: string) {
  const text = readFileSync(join(SHIPPED, 'rate-policies.yaml'), 'utf8');
  expect(text).toContain(part);
  writeFileSync(join(folder, 'rate-policies.yaml'), text.replace(part, replacement));
  return loadRatePolicies(folder, folder);
}

const numbersOf = (limits: readonly { name: string; limit: number; windowMs: number }[]) =>
  limits.map(({ name, limit, windowMs }) => [name, limit, windowMs]);

describe('config/rate-policies.yaml', () => {
  const policies = loadRatePolicies(SHIPPED);

  it('grants 5 replies within 24 hours in each generation', () => {
    expect(policies['v1.1'].replyWindow).toMatchObject({ allotment: 5, windowMs: 24 * 3_600_000 });
    expect(policies.v2.replyWindow).toMatchObject({ allotment: 5, windowMs: 24 * 3_600_000 });
  });

  it('limits an account of v1.1 to 1,000 and an app to 15,000 messages in 24 hours', () => {
    expect(numbersOf(policies['v1.1'].limits)).toEqual([['account-24h', 1_000, 86_400_000], ['app-24h', 15_000, 86_400_000]]);
  });

  it('limits an account of v2 to 15 in 15 minutes, and account and app to 1,440 in 24 hours', () => {
    expect(numbersOf(policies.v2.limits)).toEqual([
      ['account-15m', 15, 900_000],
      ['account-24h', 1_440, 86_400_000],
      ['app-24h', 1_440, 86_400_000],
    ]);
  });
});

describe('rate policies', () => {
  it('are those that come with the service where the folder has none', () => {
    expect(loadRatePolicies(folder)).toEqual(loadRatePolicies(SHIPPED));
  });

  it('are those of the folder where it has some', () => {
    expect(loadWith('limit: 1000\n', 'limit: 500\n')['v1.1'].limits[0]?.limit).toBe(500);
  });

  const FILE = 'rate-policies.yaml';
  it.each([
    ['allotment: 5', 'allotment: five', `profiles["v1.1"].replyWindow.allotment: "five" must be a whole number from 1 [from ${FILE}:11]`],
    ['limit: 15000', 'limit: 0', `profiles["v1.1"].limits[1].limit: 0 must be a whole number from 1 [from ${FILE}:22]`],
    ['windowMs: 900000', 'windowMs: 15m', `profiles.v2.limits[0].windowMs: "15m" must be a whole number of milliseconds from 1 [from ${FILE}:38]`],
    ['date: 2026-08-22', 'date: lately', `profiles.v2.limits[0].date: "lately" must be a date, such as 2026-08-22 [from ${FILE}:40]`],
    [
      'source: https://docs.x.com/x-api/fundamentals/rate-limits',
      'source: hearsay',
      `profiles.v2.limits[0].source: "hearsay" must be the https address of the page that says so [from ${FILE}:39]`,
    ],
    ['name: app-24h', 'name: account-24h', `profiles["v1.1"].limits: a list of 2 must be a list of limits with different names [from ${FILE}:16]`],
    ['name: app-24h', 'name: everybody', `profiles["v1.1"].limits[1].name: "everybody" must be account or app, a dash and a span, such as account-24h [from ${FILE}:21]`],
    ['      windowMs: 86400000\n', '', `profiles["v1.1"].replyWindow.windowMs: is missing; it must be a whole number of milliseconds from 1 [from ${FILE}:11]`],
    ['      allotment: 5', '      allotment: 5\n      bonus: 1', `profiles["v1.1"].replyWindow.bonus: is no part of a rate policy [from ${FILE}:12]`],
    ['  v2:', '  v3:', `profiles.v3: is no part of a rate policy [from ${FILE}:29]`],
    ['profiles:', 'profiles: "', `${FILE}:51: is not valid YAML`],
  ])('%j replaced by %j are refused', (part, replacement, line) => {
    expect(() => loadWith(part, replacement)).toThrow(line);
  });
});
