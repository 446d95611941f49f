import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../support/processes.js';
import type { ListedOperation } from './docs-page.js';

/** What of the OpenAPI document is looked at here. */
export interface OpenApiDocument {
  tags: { name: string }[];
  paths: Record<string, Record<string, { summary: string; responses: Record<string, { content?: Record<string, MediaType> }> }>>;
  webhooks: Record<string, { post: { summary: string } }>;
  components: { schemas: Record<string, { example?: unknown }> };
}

interface MediaType {
  schema?: { $ref?: string; example?: unknown };
  example?: unknown;
}

export function readCommittedDocument(): OpenApiDocument {
  return JSON.parse(readFileSync(join(PROJECT_ROOT, 'openapi.json'), 'utf8')) as OpenApiDocument;
}

/** Throws where the served document is not the committed one. */
export function assertSameDocument(served: unknown, committed: unknown): void {
  try {
    expect(served).toStrictEqual(committed);
  } catch (error) {
    throw new Error('openapi.json is not what the service serves: run `npm run openapi` and commit the file.', { cause: error });
  }
}

export function operationsOf(document: OpenApiDocument): ListedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { summary }]) => ({ method: method.toUpperCase(), path, summary })),
  );
}

/** What the service calls at receivers of teams. */
export function webhooksOf(document: OpenApiDocument): ListedOperation[] {
  return Object.entries(document.webhooks).map(([path, { post }]) => ({ method: 'POST', path, summary: post.summary }));
}

/** The example that the document gives of this answer; undefined where it gives none. */
export function exampleOf(document: OpenApiDocument, { method, path }: Pick<ListedOperation, 'method' | 'path'>, status: number): unknown {
  const media = document.paths[path]?.[method.toLowerCase()]?.responses[String(status)]?.content?.['application/json'];
  const name = media?.schema?.$ref?.replace('#/components/schemas/', '');
  return media?.example ?? media?.schema?.example ?? (name === undefined ? undefined : document.components.schemas[name]?.example);
}

/** The names of all fields in a value, however deep; of a list, those of its first entry. */
export function fieldsOf(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : fieldsOf(value[0], `${prefix}[]`);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .flatMap(([name, nested]) => [`${prefix}/${name}`, ...fieldsOf(nested, `${prefix}/${name}`)])
    .sort();
}
