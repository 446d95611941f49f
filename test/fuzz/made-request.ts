/** What should come of a request. */
export type Expectation =
  /** Never 400, 413 or 415; a refusal for what it means is fine. */
  | { kind: 'valid' }
  /** Always 400, 413 or 415. */
  | { kind: 'invalid'; why: string }
  /** Always one of these. */
  | { kind: 'refused'; why: string; statuses: number[] }
  | { kind: 'wrong-method' }
  /** Whatever is documented. */
  | { kind: 'odd'; why: string };

export interface MadeRequest {
  operationId: string;
  method: string;
  path: string;
  headers: Record<string, string | string[]>;
  /** The very bytes, null without a body. */
  body: Buffer | null;
  expectation: Expectation;
}

const SHOWN = 2_000;

/** What a person needs to send it again; the key is theirs. */
export function describeRequest(request: MadeRequest): string {
  const headers = Object.entries(request.headers).filter(([name]) => name.toLowerCase() !== 'authorization');
  const body = request.body?.toString('utf8') ?? '';
  return [
    `${request.method} ${request.path.slice(0, SHOWN)}   (${request.operationId}, ${JSON.stringify(request.expectation)})`,
    ...headers.map(([name, value]) => `${name}: ${String(value).slice(0, 200)}`),
    request.body === null ? '(no body)' : `${body.slice(0, SHOWN)}${body.length > SHOWN ? `… (${body.length} characters)` : ''}`,
  ].join('\n');
}
