import { codesOf, type Document, JSON_TYPE, type Operation, PROBLEM_TYPE } from './document.js';
import type { Expectation, MadeRequest } from './made-request.js';
import type { Validator } from './validator.js';

export interface Recorded {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** What the service may answer by its own word, in a status of X's making. It says so with a code of X's. */
const UNREADABLE = [400, 413, 415];

/** All that is wrong with an answer by the document, a line each. */
export function complaintsOf(document: Document, validator: Validator, operation: Operation, request: MadeRequest, answer: Recorded): string[] {
  const body = parsed(answer.text);
  return [
    ...wrongStatus(answer, body),
    ...(isTooLong(request, answer) ? [] : wrongExpectation(request.expectation, answer.status, body)),
    ...(request.expectation.kind === 'wrong-method' ? wrongRefusedMethod(answer) : wrongAnswer(document, validator, operation, answer, body)),
    ...(/\\n\s+at \S+ \(|node_modules/.test(answer.text) ? ['the answer shows a stack trace'] : []),
  ];
}

/** What no schema says: however valid, a body of more than 64 KiB is not read. */
const isTooLong = ({ body }: MadeRequest, { status }: Recorded): boolean => status === 413 && (body?.length ?? 0) > 65_536;

function wrongStatus({ status }: Recorded, body: unknown): string[] {
  const isOfX = codeIn(body)?.startsWith('x.') === true && codeIn(body) !== 'x.unavailable' && codeIn(body) !== 'x.unexpected-answer';
  return status >= 500 && !isOfX ? [`${status}: the service failed`] : [];
}

function wrongExpectation(expectation: Expectation, status: number, body: unknown): string[] {
  const told = `${status}${codeIn(body) === undefined ? '' : ` ${codeIn(body)}`}`;
  switch (expectation.kind) {
    case 'valid':
      return UNREADABLE.includes(status) ? [`a valid request is refused: ${told}`] : [];
    case 'invalid':
      return UNREADABLE.includes(status) ? [] : [`an invalid request (${expectation.why}) is not refused as such: ${told}`];
    case 'refused':
      return expectation.statuses.includes(status) ? [] : [`expected ${expectation.statuses.join(' or ')} (${expectation.why}): ${told}`];
    case 'wrong-method':
      return status === 405 ? [] : [`expected 405: ${told}`];
    case 'odd':
      return [];
  }
}

function wrongAnswer(document: Document, validator: Validator, operation: Operation, answer: Recorded, body: unknown): string[] {
  const told = operation.answers[String(answer.status)];
  if (told === undefined) return [`the status ${answer.status} is not documented${codeIn(body) === undefined ? '' : ` (${codeIn(body)})`}`];
  const missing = Object.keys(told.headers ?? {}).filter((name) => answer.headers[name.toLowerCase()] === undefined);
  const headers = missing.map((name) => `the documented header ${name} is missing`);
  const type = mediaTypeOf(answer);
  if (told.content === undefined) return [...headers, ...(answer.text === '' ? [] : ['there is a body where none is documented'])];
  // Bytes of any kind, which are no JSON.
  if (told.content['*/*'] !== undefined && type !== PROBLEM_TYPE) return headers;
  const media = told.content[type];
  if (media === undefined) return [...headers, `the media type “${type}” is not documented for ${answer.status}`];
  if (type !== JSON_TYPE && type !== PROBLEM_TYPE) return headers;
  const wrong = body === undefined ? 'it is not JSON' : validator.whatIsWrong(media.schema ?? {}, body);
  return [
    ...headers,
    ...(wrong === null ? [] : [`the body is not as documented for ${answer.status}: ${wrong}`]),
    ...(type === PROBLEM_TYPE ? wrongProblem(operation, answer.status, body) : []),
  ];
}

function wrongProblem(operation: Operation, status: number, body: unknown): string[] {
  const code = codeIn(body);
  return [
    ...(code !== undefined && codesOf(operation, status).includes(code) ? [] : [`the code ${code} is not documented for ${status}`]),
    ...((body as { status?: unknown } | null | undefined)?.status === status ? [] : ['the problem tells of another status than its own']),
  ];
}

/** No operation has it, so no operation documents it: what is right is the same for all. */
function wrongRefusedMethod(answer: Recorded): string[] {
  return [
    ...(typeof answer.headers['allow'] === 'string' ? [] : ['405 without Allow']),
    ...(mediaTypeOf(answer) === PROBLEM_TYPE ? [] : ['405 is not a problem document']),
  ];
}

/** What the prototypes of all objects and lists have that they should not. */
export function pollution(): string[] {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype].flatMap((prototype) =>
    ['polluted', 'isAdmin', 'scopes', 'extra'].filter((name) => name in prototype),
  ).concat(Object.keys(Object.prototype));
}

function mediaTypeOf(answer: Recorded): string {
  return String(answer.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}

function codeIn(body: unknown): string | undefined {
  const code = (body as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
