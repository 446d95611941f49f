import type { IncomingHttpHeaders } from 'node:http';
import { parseParams, type Params } from './form-params.js';

/** One request as it came in, read to its end. */
export interface ReceivedRequest {
  method: string;
  /** Without the query. */
  path: string;
  rawQuery: string;
  query: Params;
  headers: IncomingHttpHeaders;
  rawBody: Buffer;
  /** The form's fields when the body is a form, else none. */
  form: Params;
}

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string | Buffer;
  /** Runs once the answer has left. */
  afterwards?: () => void;
}

/** What goes out on the socket: an answer, silence, a reset, or a reset in the middle of an answer. */
export type Transmission =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'hang' }
  | { kind: 'reset' }
  | { kind: 'reset-midway'; answer: Answer };

export function toReceivedRequest(method: string, url: string, headers: IncomingHttpHeaders, rawBody: Buffer): ReceivedRequest {
  const question = url.indexOf('?');
  const rawQuery = question < 0 ? '' : url.slice(question + 1);
  const isForm = (headers['content-type'] ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded');
  return {
    method,
    path: question < 0 ? url : url.slice(0, question),
    rawQuery,
    query: parseParams(rawQuery),
    headers,
    rawBody,
    form: isForm ? parseParams(rawBody.toString('utf8')) : [],
  };
}

/** The body as JSON, or undefined when it is not. */
export function readJson(request: ReceivedRequest): unknown {
  try {
    return JSON.parse(request.rawBody.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** Query, form and the string members of a JSON body together: X takes a parameter from any of them. */
export function readParams(request: ReceivedRequest): Params {
  const json = request.form.length === 0 && request.rawBody.length > 0 ? readJson(request) : undefined;
  const members = typeof json === 'object' && json !== null ? Object.entries(json) : [];
  const fromJson = members.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
  return [...request.query, ...request.form, ...fromJson];
}

export function jsonAnswer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body };
}

export function emptyAnswer(status: number): Answer {
  return { status, headers: {}, body: '' };
}
