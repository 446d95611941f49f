import { z } from 'zod';
import { X_ID_IS_A_STRING } from '../kernel/x-id.js';
import { findBrokenText, toValidationProblem, type ValidationIssue } from './request-validation.js';
import { xIdSchema } from './schemas.dto.js';

const issue = (message: string, ...path: PropertyKey[]): ValidationIssue => ({ message, path });
const pointersOf = (issues: readonly ValidationIssue[], where: 'body' | 'query' | 'path') =>
  (toValidationProblem(issues, where).extras.errors ?? []).map(({ pointer }) => pointer);

/** What the schema finds in a body, as the caller gets it. */
function problemOf(schema: z.ZodType, body: unknown) {
  const { error } = schema.safeParse(body);
  return toValidationProblem(error?.issues ?? [], 'body');
}

describe('the place of what is wrong', () => {
  it.each([
    ['a field', ['content', 'text'], '/content/text'],
    ['an item of a list', ['buttons', 2, 'url'], '/buttons/2/url'],
    ['a name with a slash', ['a/b'], '/a~1b'],
    ['a name with a tilde', ['a~b'], '/a~0b'],
    ['a name that looks escaped', ['~1'], '/~01'],
    ['an empty name', [''], '/'],
    ['the whole body', [], ''],
  ])('is a pointer as RFC 6901 writes it: %s', (_what, path, pointer) => {
    expect(pointersOf([issue('Wrong.', ...path)], 'body')).toEqual([pointer]);
  });

  it('is the name of a query parameter or of a part of the path', () => {
    expect(pointersOf([issue('Wrong.', 'limit')], 'query')).toEqual(['?limit']);
    expect(pointersOf([issue('Wrong.', 'id')], 'path')).toEqual([':id']);
  });

  it('is read from segments that a library wraps', () => {
    expect(pointersOf([{ message: 'Wrong.', path: [{ key: 'to' }, { key: 0 }] }], 'body')).toEqual(['/to/0']);
    expect(pointersOf([{ message: 'Wrong.' }], 'body')).toEqual(['']);
  });
});

describe('a request that is not valid', () => {
  const schema = z.strictObject({ from: xIdSchema, to: z.strictObject({ number: xIdSchema }), text: z.string().min(1).optional() });
  const valid = { from: '1488203456789012345', to: { number: '84391207' } };

  it('is told each thing that is wrong, with its place and its rule', () => {
    const problem = problemOf(schema, { ...valid, to: { number: '0x1' }, text: '' });
    expect(problem.code).toBe('request.invalid');
    expect(problem.extras.errors).toEqual([
      { pointer: '/to/number', code: 'invalid-format', detail: expect.stringContaining('decimal digits') as unknown },
      { pointer: '/text', code: 'too-small', detail: expect.any(String) as unknown },
    ]);
    expect(problem.detail).toBe(`/to/number: ${problem.extras.errors?.[0]?.detail ?? '-'}`);
  });

  it('is told of each unknown field by itself, also inside', () => {
    const problem = problemOf(schema, { ...valid, 'a/b': 1, extra: 2, to: { number: '84391207', name: 'x' } });
    expect(problem.code).toBe('request.invalid');
    expect(problem.extras.errors).toHaveLength(3);
    expect(problem.extras.errors).toEqual(
      expect.arrayContaining(['/a~1b', '/extra', '/to/name'].map((pointer) => ({ pointer, code: 'unknown-field', detail: 'This field is not known here.' }))),
    );
  });

  it.each([
    ['before', { ...valid, from: 1488203456789012345, text: '' }, '/from'],
    ['after', { from: 'x', to: { number: 84391207 } }, '/to/number'],
  ])('has its own code when an id of X is a number, %s whatever else is wrong', (_when, body, pointer) => {
    const problem = problemOf(schema, body);
    expect(problem.code).toBe('request.id-must-be-string');
    expect(problem.extras.errors).toContainEqual({ pointer, code: 'request.id-must-be-string', detail: X_ID_IS_A_STRING });
    expect(problem.extras.errors).toHaveLength(2);
    expect(problem.detail).toContain(pointer);
  });

  it('has the general code when an id is something else', () => {
    for (const from of [null, true, {}, undefined, '']) expect(problemOf(schema, { ...valid, from }).code).toBe('request.invalid');
  });

  it('is told in a sentence when there is no place to name', () => {
    expect(problemOf(schema, 'text').detail).toMatch(/^\p{Lu}/u);
    expect(toValidationProblem([], 'body')).toMatchObject({ code: 'request.invalid', detail: 'The request is not valid.' });
  });
});

describe('a text', () => {
  it.each([
    ['NUL', { a: ['x', 'y\u0000'] }, [['a', '1'], 'nul-character']],
    ['the first half of a character', { name: 'x\ud83d' }, [['name'], 'lone-surrogate']],
    ['the second half of a character', { name: '\ude00x' }, [['name'], 'lone-surrogate']],
  ])('is refused for %s, wherever it stands', (_what, value, expected) => {
    expect(findBrokenText(value).map(({ path, code }) => [path, code])).toEqual([expected]);
  });

  it('may hold any whole character', () => {
    expect(findBrokenText({ name: 'a\u{1F600}\uFFFD\n', list: [1, null, true] })).toEqual([]);
  });
});
