import fc from 'fast-check';
import { type Document, resolved, type Schema } from './document.js';
import type { Validator } from './validator.js';

/** Values that say something to the service under that field name, chosen often in place of any text. */
export type Known = (fieldName: string) => readonly unknown[];

const ANY_LENGTH = 40;
const HOUR_MS = 3_600_000;

/** Values that a schema lets pass. Texts are whole characters without NUL, as the document's description asks. */
export class ValidValues {
  private readonly made = new Map<Schema, fc.Arbitrary<unknown>>();

  constructor(
    private readonly document: Document,
    private readonly validator: Validator,
    private readonly known: Known,
    private readonly now: () => number,
  ) {}

  /** Of a whole body or parameter. What the parts cannot tell of the whole (`anyOf` with `required`) is asked of the validator. */
  of(schema: Schema, name = ''): fc.Arbitrary<unknown> {
    const found = this.made.get(schema);
    if (found !== undefined) return found;
    const made = this.from(schema, name).filter((value) => this.validator.whatIsWrong(schema, value) === null);
    this.made.set(schema, made);
    return made;
  }

  private from(given: Schema, name: string): fc.Arbitrary<unknown> {
    const schema = resolved(this.document, given);
    const options = this.known(name).length > 0 ? this.knownOr(name, schema) : this.plain(schema, name);
    return options;
  }

  private knownOr(name: string, schema: Schema): fc.Arbitrary<unknown> {
    const known = fc.nat(1_000).map((at) => this.known(name)[at % this.known(name).length]);
    return fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: this.plain(schema, name) });
  }

  private plain(schema: Schema, name: string): fc.Arbitrary<unknown> {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const alternatives = (schema.anyOf ?? schema.oneOf)?.filter((option) => option.type !== undefined || option.$ref !== undefined);
    if (schema.type === undefined && alternatives !== undefined && alternatives.length > 0) return fc.oneof(...alternatives.map((option) => this.from(option, name)));
    const types = [schema.type ?? 'anything'].flat();
    return fc.oneof(...types.map((type) => this.ofType(type, schema, name)));
  }

  private ofType(type: string, schema: Schema, name: string): fc.Arbitrary<unknown> {
    switch (type) {
      case 'object':
        return this.object(schema);
      case 'array':
        return fc.array(this.from(schema.items ?? {}, name), { minLength: schema.minItems ?? 0, maxLength: schema.maxItems ?? 5 });
      case 'string':
        return this.text(schema);
      case 'integer':
        return fc.integer({ min: schema.minimum ?? -1_000, max: schema.maximum ?? 1_000 });
      case 'number':
        return fc.double({ min: schema.minimum ?? -1_000, max: schema.maximum ?? 1_000, noNaN: true, noDefaultInfinity: true });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        return fc.jsonValue({ maxDepth: 3 });
    }
  }

  private object(schema: Schema): fc.Arbitrary<unknown> {
    const required = schema.required ?? [];
    const fields = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, value]) => [key, this.from(value, key)]));
    return fc.record(fields, { requiredKeys: required, noNullPrototype: true });
  }

  private text(schema: Schema): fc.Arbitrary<string> {
    // The hours to come: what has a time is refused for one that is over.
    if (schema.format === 'date-time') return fc.integer({ min: 1, max: 10_000 }).map((hours) => new Date(this.now() + hours * HOUR_MS).toISOString());
    if (schema.format === 'date') return fc.integer({ min: -1_000, max: 1_000 }).map((hours) => new Date(this.now() + hours * HOUR_MS).toISOString().slice(0, 10));
    const { minLength = 0, maxLength = 500 } = schema;
    const short = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, Math.max(minLength, ANY_LENGTH)) });
    const longest = fc.constantFrom('a', '\u{1F600}', 'é').map((unit) => unit.repeat(maxLength));
    const wild = fc.oneof({ weight: 8, arbitrary: short }, { weight: 1, arbitrary: longest });
    const isFine = (text: string) => !text.includes('\u0000') && text.isWellFormed();
    if (schema.pattern === undefined) return wild.filter(isFine);
    const pattern = new RegExp(schema.pattern, 'u');
    const fitting = /\(\?|\\p/.test(schema.pattern) ? wild : fc.oneof(fc.stringMatching(pattern, { size: 'small' }), wild.filter((text) => pattern.test(text) || text.length > ANY_LENGTH));
    return fitting.filter((text) => isFine(text) && this.validator.whatIsWrong(schema, text) === null);
  }
}
