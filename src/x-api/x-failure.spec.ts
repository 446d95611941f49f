import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readErrorBody, readProblemType } from './x-failure.js';

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

describe('the type of a v2 problem', () => {
  it.each<[string | null, unknown]>([
    ['unsupported-authentication', { type: 'https://api.x.com/2/problems/unsupported-authentication' }],
    ['invalid-request', { type: 'https://api.twitter.com/2/problems/invalid-request' }],
    [null, { type: 'about:blank' }],
    [null, { type: 7 }],
    [null, { type: 'https://api.x.com/2/problems/' }],
    [null, null],
    [null, 'text'],
  ])('is %s of %j', (type, body) => {
    expect(readProblemType(body)).toBe(type);
  });
});
