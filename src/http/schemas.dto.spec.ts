import { z } from 'zod';
import { pageQuerySchema, textOf } from './schemas.dto.js';

describe('a text of some length', () => {
  const schema = textOf(1, 3);

  it.each([
    ['abc', true],
    ['\u{1F600}\u{1F600}\u{1F600}', true],
    ['', false],
    ['abcd', false],
    ['\u{1F600}\u{1F600}\u{1F600}\u{1F600}', false],
  ])('is measured in characters as people count them: %j', (text, isFine) => {
    expect(schema.safeParse(text).success).toBe(isFine);
  });

  it('says so in the document, also where more is asked of it', () => {
    expect(z.toJSONSchema(schema.regex(/\S/).trim())).toMatchObject({ type: 'string', minLength: 1, maxLength: 3, pattern: '\\S' });
  });
});

describe('the limit of a list', () => {
  it.each([
    [undefined, 20],
    ['1', 1],
    ['100', 100],
  ])('%j is %d', (limit, expected) => {
    expect(pageQuerySchema.parse({ limit }).limit).toBe(expected);
  });

  it.each(['0', '101', '-1', '0x10', ' 5', '+5', '1e1', '1.0', '', 'ten', ['1', '2']])('is not %j', (limit) => {
    expect(pageQuerySchema.safeParse({ limit }).success).toBe(false);
  });

  it('is documented with its bounds and its default', () => {
    expect(z.toJSONSchema(pageQuerySchema, { io: 'input' }).properties?.['limit']).toMatchObject({ type: 'integer', minimum: 1, maximum: 100, default: 20 });
  });
});
