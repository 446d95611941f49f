import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { latestReset, readErrorBody, XFailure } from './x-failure.js';

interface Row {
  name: string;
  http_status: number;
  body: { errors?: { code?: number; message?: string }[]; error?: string; detail?: string; title?: string };
}

const rows = JSON.parse(readFileSync(join(__dirname, '../../test/fixtures/x/rest-errors.json'), 'utf8')) as Row[];

describe('an error body of X', () => {
  it.each(rows)('is read: $name', ({ name, body }) => {
    const { code, detail } = readErrorBody(body);
    const isV1 = name.startsWith('v1 ');
    expect(code).toBe(isV1 ? (body.errors?.[0]?.code ?? NaN) : null);
    expect(detail).toBe(isV1 ? body.errors?.[0]?.message : (body.errors?.[0]?.message ?? body.error ?? body.detail));
    expect(detail).not.toBe('');
  });

  it('has rows of both generations', () => {
    expect(rows.filter(({ name }) => name.startsWith('v1 ')).length).toBeGreaterThan(20);
    expect(rows.filter(({ name }) => name.startsWith('v2 ')).length).toBeGreaterThan(10);
  });

  it.each<[string, unknown, number | null, string]>([
    ['one text', { error: 'Not authorized.' }, null, 'Not authorized.'],
    ['a title alone', { title: 'Payment Required' }, null, 'Payment Required'],
    ['an empty message, and a title', { errors: [{ code: 38, message: '' }], title: 'Bad' }, 38, 'Bad'],
    ['a code that is a text', { errors: [{ code: '88', message: 'Slow down' }] }, null, 'Slow down'],
    ['no error in the list', { errors: [] }, null, 'X gave no reason.'],
    ['a list that is none', { errors: 'bad' }, null, 'X gave no reason.'],
    ['a text in the list', { errors: ['bad'] }, null, 'X gave no reason.'],
    ['an HTML page', '<html>502 Bad Gateway</html>', null, 'X gave no reason.'],
    ['nothing', undefined, null, 'X gave no reason.'],
    ['null', null, null, 'X gave no reason.'],
  ])('of an odd shape is read as far as it goes: %s', (_what, body, code, detail) => {
    expect(readErrorBody(body)).toEqual({ code, detail });
  });

  it('of any shape gives a reason of bounded length', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const { code, detail } = readErrorBody(body);
        expect(code === null || typeof code === 'number').toBe(true);
        expect(detail).toMatch(/^.{1,500}$/su);
      }),
    );
    expect(readErrorBody({ error: 'x'.repeat(10_000) }).detail).toBe('x'.repeat(500));
  });

  it('gives a reason that every database takes', () => {
    expect(readErrorBody({ error: `a\u0000b${'x'.repeat(496)}🙏` }).detail).toBe(`ab${'x'.repeat(496)}🙏`);
    expect(readErrorBody({ error: `${'x'.repeat(499)}🙏` }).detail).toBe(`${'x'.repeat(499)}🙏`);
  });
});

describe('when a limit is reset', () => {
  const seconds = 1_787_040_900;
  const headers = (limits: Record<string, [remaining: unknown, reset: unknown]>) =>
    Object.fromEntries(Object.entries(limits).flatMap(([name, [remaining, reset]]) => [[`${name}-remaining`, remaining], [`${name}-reset`, reset]]));

  it('is X’s time of it, in milliseconds', () => {
    expect(latestReset(headers({ 'x-rate-limit': ['0', `${seconds}`] }))).toBe(seconds * 1_000);
  });

  it('is the latest among those that are used up', () => {
    const limits = headers({
      'x-rate-limit': ['0', `${seconds}`],
      'x-user-limit-24hour': ['0', `${seconds + 7_200}`],
      'x-app-limit-24hour': ['0', `${seconds + 3_600}`],
    });
    expect(latestReset(limits)).toBe((seconds + 7_200) * 1_000);
  });

  it('is not that of a limit that has something left', () => {
    const limits = headers({ 'x-rate-limit': ['0', `${seconds}`], 'x-user-limit-24hour': ['1', `${seconds + 7_200}`] });
    expect(latestReset(limits)).toBe(seconds * 1_000);
    expect(latestReset(headers({ 'x-rate-limit': ['3', `${seconds}`] }))).toBeNull();
  });

  it.each<[string, Record<string, unknown>]>([
    ['no header', {}],
    ['a reset that is no number', headers({ 'x-rate-limit': ['0', 'soon'] })],
    ['a reset of nothing', headers({ 'x-rate-limit': ['0', '0'] })],
    ['a reset before 1970', headers({ 'x-rate-limit': ['0', '-5'] })],
    ['a reset that no calendar has', headers({ 'x-rate-limit': ['0', '9999999999999'] })],
    ['no reset', { 'x-rate-limit-remaining': '0' }],
    ['an empty remainder', headers({ 'x-rate-limit': ['', `${seconds}`] })],
    ['a remainder that is null', headers({ 'x-rate-limit': [null, `${seconds}`] })],
  ])('is unknown with %s', (_what, given) => {
    expect(latestReset(given)).toBeNull();
  });
});

describe('a failed call', () => {
  const failure = new XFailure('answered', { status: 403, code: 349, detail: 'You cannot send messages to this user.' });

  it('tells in its message how far it got and what X said', () => {
    expect(failure.message).toBe('X call failed (answered, HTTP 403, code 349): You cannot send messages to this user.');
    expect(new XFailure('not-sent', { status: null, code: null, detail: 'refused' }).message).toContain('(not-sent, HTTP -, code -)');
  });

  it('knows its code among others, and none that it does not have', () => {
    expect(failure.hasCode(150, 349)).toBe(true);
    expect(failure.hasCode(150)).toBe(false);
    expect(failure.hasCode()).toBe(false);
    expect(new XFailure('maybe-sent', { status: null, code: null, detail: '' }).hasCode(0)).toBe(false);
  });
});
