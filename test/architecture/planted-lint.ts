/** Code that a rule refuses in `path`; `message` is part of what it says. */
export interface PlantedCode {
  path: string;
  code: string;
  rule: string;
  message: string;
}

const CLOCK = 'Ask the injected Clock';
const RANDOM = 'randomness are injected';
const TIMERS = 'Timers are injected';
const ENVIRONMENT = 'Only src/config reads the environment';
const SECRET = 'timingSafeEqual';
const SLEEP = 'A test does not sleep';

const planted = (path: string, rule: string, message: string, code: string): PlantedCode => ({ path, rule, message, code });
const room = 'src/messaging';
const twoStrings = 'export const f = (a: { signature: string }, expectedDigest: string, given: string): boolean =>';

export const PLANTED: readonly PlantedCode[] = [
  planted(`${room}/date-now.service.ts`, 'no-restricted-properties', CLOCK, 'export const now = (): number => Date.now();'),
  planted(`${room}/date-alias.service.ts`, 'no-restricted-properties', CLOCK, 'export const now = Date.now;'),
  planted(`${room}/new-date.service.ts`, 'no-restricted-syntax', CLOCK, 'export const now = (): Date => new Date();'),
  planted(`${room}/performance.service.ts`, 'no-restricted-properties', CLOCK, 'export const now = (): number => performance.now();'),
  planted(`${room}/hrtime.service.ts`, 'no-restricted-syntax', CLOCK, 'export const now = (): bigint => process.hrtime.bigint();'),
  planted(`${room}/math.ts`, 'no-restricted-properties', RANDOM, 'export const chance = (): number => Math.random();'),
  planted(`${room}/uuid.service.ts`, 'no-restricted-properties', RANDOM, 'export const id = (): string => crypto.randomUUID();'),
  planted(`${room}/bytes.service.ts`, 'no-restricted-imports', RANDOM, "export { randomBytes } from 'node:crypto';"),
  planted(`${room}/timeout.service.ts`, 'no-restricted-globals', TIMERS, 'export const later = (f: () => void): unknown => setTimeout(f, 5);'),
  planted(`${room}/timers.service.ts`, 'no-restricted-imports', TIMERS, "export { setTimeout } from 'node:timers/promises';"),
  planted(`${room}/fetch.service.ts`, 'no-restricted-globals', 'Calls to the outside', "export const get = (): Promise<unknown> => fetch('http://127.0.0.1');"),
  planted(`${room}/column.entity.ts`, 'no-restricted-imports', 'system clock', "export { CreateDateColumn } from 'typeorm';"),
  planted(`${room}/env.service.ts`, 'no-restricted-syntax', ENVIRONMENT, "export const port = process.env['PORT'];"),
  planted(`${room}/env-import.service.ts`, 'no-restricted-imports', ENVIRONMENT, "export { env } from 'node:process';"),
  planted('src/runtime/env.service.ts', 'no-restricted-syntax', ENVIRONMENT, "export const port = process.env['PORT'];"),
  planted('src/config/clock.ts', 'no-restricted-properties', CLOCK, 'export const now = (): number => Date.now();'),
  planted(`${room}/member.ts`, 'no-restricted-syntax', SECRET, `${twoStrings} a.signature === given;`),
  planted(`${room}/name.ts`, 'no-restricted-syntax', SECRET, `${twoStrings} given !== expectedDigest;`),
  planted(`${room}/default.ts`, 'no-restricted-syntax', 'Give it a name', 'export default 1;'),
  planted(`${room}/any.ts`, '@typescript-eslint/no-explicit-any', 'any', 'export const f = (x: any): number => Number(x);'),
  planted(`${room}/floating.ts`, '@typescript-eslint/no-floating-promises', 'awaited', 'export const f = (work: () => Promise<void>): void => { work(); };'),
  planted(
    `${room}/switch.ts`,
    '@typescript-eslint/switch-exhaustiveness-check',
    'not exhaustive',
    "export function f(x: 'a' | 'b'): number { switch (x) { case 'a': return 1; default: return 2; } }",
  ),
  planted(`${room}/long.ts`, 'max-lines', '251', Array.from({ length: 251 }, (_, i) => `export const x${i} = ${i};`).join('\n')),
  planted(
    `${room}/comment.ts`,
    '@typescript-eslint/no-explicit-any',
    'any',
    `// eslint-${'disable'}-next-line @typescript-eslint/no-explicit-any\nexport const f = (x: any): number => Number(x);`,
  ),
  planted('test/only.spec.ts', 'no-restricted-syntax', 'hides tests', `it${'.only'}('is alone', () => undefined);`),
  planted('test/sleep.spec.ts', 'no-restricted-globals', SLEEP, 'export const nap = new Promise((resolve) => setTimeout(resolve, 5));'),
  planted('test/nap.spec.ts', 'no-restricted-imports', SLEEP, "export { setTimeout } from 'node:timers/promises';"),
];

/** What must pass: the providers may do what the others may not, and a comparison with nothing tells nothing. */
export const ALLOWED: Readonly<Record<string, string>> = {
  'src/runtime/good.service.ts': "export { randomBytes } from 'node:crypto';\nexport const now = (): number => Date.now();",
  'src/sandbox/good.service.ts': 'export const later = (f: () => void): unknown => setTimeout(f, 5);',
  'src/config/good.ts': "export const port = process.env['PORT'];",
  'src/messaging/good.ts': `${twoStrings} a.signature === undefined || new Date(5).getTime() === given.length || expectedDigest.length !== given.length;`,
  'test/support/good.ts': 'export const nap = new Promise((resolve) => setTimeout(resolve, 5));',
};
