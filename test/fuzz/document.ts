/** What a served OpenAPI document says, as far as requests are made from it and answers are held against it. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

interface MediaType {
  schema?: Schema;
  examples?: Record<string, unknown>;
}

export interface Answer {
  headers?: Record<string, unknown>;
  content?: Record<string, MediaType>;
}

interface DocumentedOperation {
  operationId: string;
  security?: unknown[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, MediaType> };
  responses: Record<string, Answer>;
}

export interface Document {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Record<string, Schema> };
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  isSecured: boolean;
  parameters: Parameter[];
  /** Null: it takes none. */
  body: { schema: Schema; isRequired: boolean } | null;
  answers: Record<string, Answer>;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
export const JSON_TYPE = 'application/json';
export const PROBLEM_TYPE = 'application/problem+json';

export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, told]) => ({
        id: told.operationId,
        method: method.toUpperCase(),
        path,
        isSecured: (told.security ?? []).length > 0,
        parameters: told.parameters ?? [],
        body: told.requestBody === undefined ? null : { schema: told.requestBody.content[JSON_TYPE]?.schema ?? {}, isRequired: told.requestBody.required ?? false },
        answers: told.responses,
      })),
  );
}

/** The schema itself, or the component that it names. */
export function resolved(document: Document, schema: Schema): Schema {
  const name = schema.$ref?.replace('#/components/schemas/', '');
  if (name === undefined) return schema;
  const target = document.components.schemas[name];
  if (target === undefined) throw new Error(`The document names a schema that it does not have: ${name}`);
  return target;
}

/** The codes of the problems that an operation is told to answer with a status. */
export function codesOf(operation: Operation, status: number): string[] {
  return Object.keys(operation.answers[String(status)]?.content?.[PROBLEM_TYPE]?.examples ?? {});
}

export function parametersIn(operation: Operation, place: Parameter['in']): Parameter[] {
  return operation.parameters.filter((parameter) => parameter.in === place);
}

/** A list refuses query fields that it does not know; what has no query of its own passes them over. */
export function isList(operation: Operation): boolean {
  return parametersIn(operation, 'query').some(({ name }) => name === 'cursor');
}
