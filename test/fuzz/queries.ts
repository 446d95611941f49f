import { type Document, type Operation, parametersIn, resolved } from './document.js';
import type { Choice } from './choice.js';
import type { Memory } from './memory.js';
import type { ValidValues } from './valid-values.js';
import type { Validator } from './validator.js';

type Pair = [string, string];

/** A valid query: each parameter that must be there, and others now and then. */
export function pairsOf(operation: Operation, values: ValidValues, memory: Memory, choice: Choice): Pair[] {
  const cursors = memory.all(`cursor of ${operation.id}`);
  return parametersIn(operation, 'query')
    .filter(({ name, required }) => required === true || (choice.isOneIn(4) && (name !== 'cursor' || cursors.length > 0)))
    .map(({ name, schema }) => [name, name === 'cursor' ? choice.from(cursors) : String(choice.of(values.of(schema, name)))]);
}

export function toQuery(pairs: readonly Pair[]): string {
  return pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')}`;
}

const WRONG_NUMBERS = ['', '0', '-1', '101', '1.5', '1e1', '0x10', ' 5', '5 ', '+5', '１', 'ten', 'NaN', 'Infinity', '99999999999999999999', 'true', '[]'];
const WRONG_TEXTS = ['', ' ', 'NONE', 'TRUE', '1', 'null'];

/** A query that is wrong in one way. `isInvalid`: a list has to refuse it. */
export function brokenQuery(operation: Operation, document: Document, validator: Validator, choice: Choice): { why: string; query: string; isInvalid: boolean } {
  const parameter = choice.from(parametersIn(operation, 'query'));
  const schema = resolved(document, parameter.schema);
  const name = encodeURIComponent(parameter.name);
  const values = schema.type === 'integer' ? WRONG_NUMBERS : [...WRONG_TEXTS, 'x'.repeat((schema.maxLength ?? 5_000) + 1)];
  const isWrong = (value: string) => schema.type === 'integer' || parameter.name === 'cursor' || validator.whatIsWrong(schema, value) !== null;
  const wrong = values.filter(isWrong).map((value) => ({ why: `${parameter.name} is “${value.slice(0, 30)}”`, query: `${name}=${encodeURIComponent(value)}`, isInvalid: true }));
  return choice.from([
    ...wrong,
    { why: 'given twice', query: `${name}=1&${name}=2`, isInvalid: true },
    { why: 'given as a list', query: `${name}[]=1`, isInvalid: true },
    { why: 'given as an object', query: `${name}[a]=1`, isInvalid: true },
    { why: 'unknown', query: 'order=asc', isInvalid: true },
    { why: 'a prototype', query: '__proto__=1', isInvalid: true },
    { why: 'inside a prototype', query: '__proto__[polluted]=1', isInvalid: true },
    { why: 'a constructor', query: 'constructor=1', isInvalid: true },
    { why: 'with NUL', query: `${name}=a%00b`, isInvalid: true },
    { why: 'a broken escape', query: `${name}=%E0%A4%A`, isInvalid: false },
    { why: 'no names', query: '&&==&', isInvalid: false },
    { why: 'far too long', query: `${name}=${'x'.repeat(6_000)}`, isInvalid: false },
  ]);
}
