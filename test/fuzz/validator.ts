import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Document, Schema } from './document.js';

export interface Validator {
  /** Null for a value that fits, else what is wrong with it. */
  whatIsWrong: (schema: Schema, value: unknown) => string | null;
}

/** JSON Schema 2020-12 as OpenAPI 3.1 uses it, by a library that had no part in making the document. */
export function createValidator(document: Document): Validator {
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  ajv.addFormat('date-time', (text) => !Number.isNaN(Date.parse(text)));
  ajv.addFormat('date', (text) => !Number.isNaN(Date.parse(`${text}T00:00:00.000Z`)));
  ajv.addFormat('uri', (text) => URL.canParse(text));
  const root = 'document';
  ajv.addSchema({ $id: root, components: document.components }, root);
  const compiled = new Map<Schema, ReturnType<typeof ajv.compile>>();
  return {
    whatIsWrong: (schema, value) => {
      const check = compiled.get(schema) ?? ajv.compile(withRoot(schema, root) as object);
      compiled.set(schema, check);
      return check(value) ? null : ajv.errorsText(check.errors);
    },
  };
}

/** `#/components/…` leads into the document also from a schema that stands by itself. */
function withRoot(value: unknown, root: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withRoot(item, root));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'example' && key !== 'examples')
      .map(([key, nested]) => [key, key === '$ref' && typeof nested === 'string' ? `${root}${nested}` : withRoot(nested, root)]),
  );
}
