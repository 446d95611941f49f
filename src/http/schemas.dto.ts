import { z } from 'zod';
import { X_ID_IS_A_STRING, X_ID_PATTERN } from '../kernel/x-id.js';

/** Building blocks of request and answer schemas. */

/**
 * A text of so many characters as people and JSON Schema count them: code points. `z.string().max` counts UTF-16 units, so that it
 * would refuse 60 emoji where the document says 100 characters.
 */
export function textOf(min: number, max: number): z.ZodString {
  return z
    .string()
    .superRefine((text, context) => {
      const { length } = Array.from(text);
      if (length < min) context.addIssue({ code: 'too_small', origin: 'string', minimum: min, inclusive: true, input: text });
      if (length > max) context.addIssue({ code: 'too_big', origin: 'string', maximum: max, inclusive: true, input: text });
    })
    .meta({ ...(min === 0 ? {} : { minLength: min }), maxLength: max });
}

/** An X user id as a caller gives it. */
export const xIdSchema = z
  .string({ error: (issue) => (typeof issue.input === 'number' || typeof issue.input === 'bigint' ? X_ID_IS_A_STRING : 'Must be a string of digits.') })
  .regex(X_ID_PATTERN, 'Must be a number in decimal digits, without a sign or a leading zero.');

export const timestampSchema = z.iso
  .datetime({ offset: true, error: 'Must be a time as RFC 3339 writes it, such as 2026-12-01T00:00:00.000Z.' })
  .meta({ example: '2026-12-01T00:00:00.000Z' });

/** `limit` and `cursor` of every list. */
export const pageQuery = {
  // Digits only: `Number` would also take `0x10`, ` 5` and `1e1`.
  limit: z
    .preprocess((text) => (typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : text), z.number({ error: 'Must be a whole number.' }).int().min(1).max(100))
    .prefault(20)
    .describe('How many to answer, 1 to 100.'),
  cursor: textOf(0, 200).optional().describe('`page.next` of the page before.'),
};

/** The answer of every list. `name` and `examples` are what the docs explorer shows. */
export const pageOf = <Item extends z.ZodType>(name: string, item: Item, examples: readonly object[]) =>
  z
    .object({ data: z.array(item), page: z.object({ next: z.string().nullable().describe('The next page’s cursor, null on the last.') }) })
    .meta({ id: name, example: { data: examples, page: { next: null } } });

export const pageQuerySchema = z.strictObject(pageQuery);

/** What a PATCH takes: any of these fields, but one at least. */
export function patchSchema<Fields extends z.ZodRawShape>(fields: Fields, meta: { id: string; example: unknown }) {
  return z
    .strictObject(fields)
    .refine((patch) => Object.keys(patch).length > 0, { error: 'Name at least one field to change.' })
    .meta({ minProperties: 1, ...meta });
}
