/** What of an OpenAPI document is looked at here; the rest is the validator's business. */
export interface OpenApiDocument {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  security?: unknown[];
  components?: { responses?: Record<string, Response>; schemas?: Record<string, unknown> };
}

interface Operation {
  summary?: string;
  tags?: string[];
  operationId?: string;
  security?: unknown[];
  requestBody?: { content?: Record<string, MediaType> };
  responses?: Record<string, Response>;
}

interface Response {
  $ref?: string;
  description?: string;
  content?: Record<string, MediaType>;
}

interface MediaType {
  example?: unknown;
  examples?: Record<string, unknown>;
  schema?: unknown;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'options', 'head', 'trace'];
const PROBLEM = 'application/problem+json';
const HTML = 'text/html';

/** What a caller would miss in the document, a line each; none when it says what it should. */
export function findGaps(document: OpenApiDocument): string[] {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
  );
  if (operations.length === 0) return ['there are no operations'];
  const ids = operations.map(({ operation }) => operation.operationId);
  const repeated = ids.filter((id, i) => id !== undefined && ids.indexOf(id) !== i).map((id) => `operationId ${id} is used twice`);
  return [...repeated, ...operations.flatMap(({ name, path, operation }) => gapsOf(document, path, operation).map((gap) => `${name}: ${gap}`))];
}

function gapsOf(document: OpenApiDocument, path: string, operation: Operation): string[] {
  const gaps: string[] = [];
  if (!operation.summary) gaps.push('no summary');
  if (!operation.tags?.length) gaps.push('no tag');
  const body = operation.requestBody;
  if (body !== undefined && !Object.values(body.content ?? {}).every((media) => hasExample(document, media))) gaps.push('no example of its body');
  const answers = operation.responses ?? {};
  if (!Object.keys(answers).some((status) => /^[23]/.test(status))) gaps.push('no answer for success');
  for (const status of expectedErrors(document, path, operation)) if (!(status in answers)) gaps.push(`no ${status} answer`);
  const isPage = Object.entries(answers).every(([status, answer]) => !/^2/.test(status) || resolved(document, answer).content?.[HTML] !== undefined);
  for (const [status, answer] of Object.entries(answers)) {
    const { content } = resolved(document, answer);
    // Who gets a page gets one in each case: a person with a browser has no use for JSON.
    const isFine = content?.[PROBLEM] !== undefined || (isPage && content?.[HTML] !== undefined);
    if (/^[45]/.test(status) && !isFine) gaps.push(`${status} is not ${PROBLEM}`);
  }
  return gaps;
}

/** Who needs a key can be refused; who sends a body can send a wrong, long or foreign one; who names a thing can name none. */
function expectedErrors(document: OpenApiDocument, path: string, operation: Operation): string[] {
  const isSecured = (operation.security ?? document.security ?? []).length > 0;
  return [
    ...(isSecured ? ['401', '403'] : []),
    ...(operation.requestBody === undefined ? [] : ['400', '413', '415']),
    ...(isSecured && path.includes('{') ? ['404'] : []),
  ];
}

function hasExample(document: OpenApiDocument, media: MediaType): boolean {
  if (media.example !== undefined || Object.keys(media.examples ?? {}).length > 0) return true;
  const schema = resolved(document, media.schema) as { example?: unknown; examples?: unknown[] } | undefined;
  return schema?.example !== undefined || (schema?.examples?.length ?? 0) > 0;
}

/** The object itself, or the one that its `$ref` points to. */
function resolved<T>(document: OpenApiDocument, value: T): T {
  const pointer = (value as { $ref?: string } | undefined)?.$ref;
  if (pointer === undefined) return value;
  return pointer
    .slice('#/'.length)
    .split('/')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document) as T;
}
