import { type Document, resolved, type Schema } from './document.js';

/** One way to break a value: what is put, or taken away, at a place of it. */
export interface Breakage {
  why: string;
  place: readonly (string | number)[];
  /** Undefined: the field is taken away. */
  value: unknown;
  /** Refused whatever the schema says, as the conventions have it. */
  isAlways?: boolean;
}

const SAMPLES: readonly [string, unknown][] = [
  ['null', null],
  ['a boolean', true],
  ['a number', 1_488_203_456],
  ['a huge number', 1e300],
  ['a fraction', 0.5],
  ['a text', 'text'],
  ['an empty text', ''],
  ['a list', ['text']],
  ['a list in a list', [[]]],
  ['an object', { a: 1 }],
];

/** Every way in which a body of this schema can be wrong by it, each by itself. Some suit no body: whoever uses one asks the validator. */
export function breakagesOf(document: Document, given: Schema, place: Breakage['place'] = []): Breakage[] {
  const schema = resolved(document, given);
  const at = `at /${place.join('/')}`;
  const put = (why: string, value: unknown): Breakage => ({ why: `${why} ${at}`, place, value });
  const own = [...SAMPLES.map(([what, value]) => put(what, value)), ...textBreakages(schema, put), ...numberBreakages(schema, put), ...listBreakages(schema, put)];
  const fields = Object.entries(schema.properties ?? {});
  return [
    ...own,
    ...(schema.required ?? []).map((name) => ({ why: `without ${name} ${at}`, place: [...place, name], value: undefined })),
    ...(schema.properties === undefined ? [] : ['extra', '', 'Constructor', 'toString', 'hasOwnProperty', 'a/b~c', '\u0000']).map((name) => ({
      why: `an unknown field ${JSON.stringify(name)} ${at}`,
      place: [...place, name],
      value: 1,
      isAlways: true,
    })),
    ...fields.flatMap(([name, field]) => breakagesOf(document, field, [...place, name])),
    ...(schema.items === undefined ? [] : breakagesOf(document, schema.items, [...place, 0])),
  ];
}

type Put = (why: string, value: unknown) => Breakage;

function textBreakages(schema: Schema, put: Put): Breakage[] {
  if (![schema.type].flat().includes('string') && schema.enum === undefined) return [];
  return [
    ...(schema.enum === undefined ? [] : [put('none of the choices', 'NONE'), put('a choice in capitals', String(schema.enum[0]).toUpperCase()), put('a choice and a space', `${String(schema.enum[0])} `)]),
    ...(schema.maxLength === undefined ? [] : [put('a character too many', 'a'.repeat(schema.maxLength + 1)), put('far too long', 'a'.repeat(40_000))]),
    ...(schema.pattern === undefined && schema.format === undefined
      ? []
      : ['text', ' ', '-1', '0', '１２', '1\n', 'a b', 'tomorrow', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00.000Z', `${'9'.repeat(30)}`].map((text) => put(`${JSON.stringify(text)} for the pattern`, text))),
    { ...put('NUL', 'a\u0000b'), isAlways: true },
    { ...put('half a character', 'a\ud800'), isAlways: true },
  ];
}

function numberBreakages(schema: Schema, put: Put): Breakage[] {
  return [
    ...(schema.maximum === undefined ? [] : [put('a number too large', schema.maximum + 1)]),
    ...(schema.minimum === undefined ? [] : [put('a number too small', schema.minimum - 1)]),
  ];
}

function listBreakages(schema: Schema, put: Put): Breakage[] {
  return [
    ...((schema.minItems ?? 0) > 0 ? [put('an empty list', [])] : []),
    ...(schema.maxItems === undefined ? [] : [put('a list too long', new Array(schema.maxItems + 1).fill(null))]),
  ];
}

/** A body with the breakage in it, or null where the body has no such place. The body itself stays as it is. */
export function broken(body: unknown, breakage: Breakage): { value: unknown } | null {
  const { place, value } = breakage;
  if (place.length === 0) return { value };
  const copy: unknown = structuredClone(body);
  let at: unknown = copy;
  for (const step of place.slice(0, -1)) {
    if (typeof at !== 'object' || at === null) return null;
    const fields = at as Record<string | number, unknown>;
    fields[step] ??= {};
    at = fields[step];
  }
  const last = place.at(-1);
  if (typeof at !== 'object' || at === null || last === undefined || (Array.isArray(at) && typeof last !== 'number')) return null;
  if (value === undefined) delete (at as Record<string | number, unknown>)[last];
  else (at as Record<string | number, unknown>)[last] = value;
  return { value: copy };
}

const PROTOTYPES = ['"__proto__":{"polluted":true}', '"constructor":{"prototype":{"polluted":true}}', '"\\u005f_proto__":{"isAdmin":true}'];

/** Bodies that are broken before any schema is asked: not JSON, or nothing that JSON should hold. */
export function unreadableBodies(valid: string): [string, Buffer][] {
  const withField = (field: string) => (valid.startsWith('{') && valid !== '{}' ? `{${field},${valid.slice(1)}` : `{${field}}`);
  return [
    ['cut short', Buffer.from(valid.slice(0, -1))],
    ['a trailing comma', Buffer.from('{"a":1,}')],
    ['two values', Buffer.from(`${valid}${valid}`)],
    ['single quotes', Buffer.from("{'a':1}")],
    ['not a number', Buffer.from('{"a":NaN}')],
    ['not UTF-8', Buffer.from('{"a":"\xff\xfe"}', 'latin1')],
    ['UTF-16', Buffer.from(valid, 'utf16le')],
    ['nesting without end', Buffer.from('['.repeat(20_000))],
    ['deep nesting', Buffer.from(withField(`"extra":${'['.repeat(10_000)}${']'.repeat(10_000)}`))],
    ['a bare NUL', Buffer.from(withField('"a":"\u0000"'))],
    ...PROTOTYPES.map((field): [string, Buffer] => [`the field ${field}`, Buffer.from(withField(field))]),
  ];
}
