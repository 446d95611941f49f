import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { breakagesOf, broken, unreadableBodies } from './broken-values.js';
import type { Choice } from './choice.js';
import { type Document, isList, type Operation, parametersIn } from './document.js';
import type { Expectation, MadeRequest } from './made-request.js';
import type { Memory } from './memory.js';
import { brokenQuery, pairsOf, toQuery } from './queries.js';
import { kindInPath, missingId } from './things.js';
import type { ValidValues } from './valid-values.js';
import type { Validator } from './validator.js';

export interface Secrets {
  key: string;
  /** What the webhook's events are signed with. */
  consumerSecret: string;
}

const SIGNATURE = 'x-twitter-webhooks-signature';
const IDEMPOTENCY_KEY = 'Idempotency-Key';

/** X may send any bytes: they are kept as they came, so none are invalid. */
const takesAnyBytes = (operation: Operation): boolean => parametersIn(operation, 'header').some(({ name }) => name === SIGNATURE);

/** Makes one request for an operation: mostly a valid one, else one that is wrong in one way. */
export class RequestMaker {
  constructor(
    private readonly document: Document,
    private readonly operations: readonly Operation[],
    private readonly validator: Validator,
    private readonly values: ValidValues,
    private readonly memory: Memory,
    private readonly secrets: Secrets,
  ) {}

  make(operation: Operation, choice: Choice): MadeRequest {
    const request = this.valid(operation, choice);
    const ways = this.waysToBreak(operation);
    return choice.isOneIn(3) ? request : choice.from(ways)(request, choice);
  }

  private valid(operation: Operation, choice: Choice): MadeRequest {
    const value = operation.body === null || (!operation.body.isRequired && choice.isOneIn(2)) ? undefined : choice.of(this.values.of(operation.body.schema));
    const body = value === undefined ? null : Buffer.from(JSON.stringify(value));
    const headers: MadeRequest['headers'] = operation.isSecured ? { authorization: `Bearer ${this.secrets.key}` } : {};
    if (body !== null) headers['content-type'] = choice.from(['application/json', 'application/json; charset=utf-8', 'Application/JSON']);
    for (const { name } of parametersIn(operation, 'header')) {
      if (name === IDEMPOTENCY_KEY && choice.isOneIn(3)) headers[name] = choice.of(fc.stringMatching(/^[!-~]{1,40}$/));
      if (name === SIGNATURE) headers[name] = choice.isOneIn(2) ? 'sha256=AAAA' : this.signature(body);
    }
    const path = this.path(operation, (kind) => (this.memory.all(kind).length === 0 ? missingId(kind) : choice.from(this.memory.all(kind))));
    return { operationId: operation.id, method: operation.method, path: `${path}${toQuery(pairsOf(operation, this.values, this.memory, choice))}`, headers, body, expectation: { kind: 'valid' } };
  }

  private waysToBreak(operation: Operation): ((request: MadeRequest, choice: Choice) => MadeRequest)[] {
    const hasPathId = operation.path.includes('{');
    const hasQuery = parametersIn(operation, 'query').length > 0;
    const takesBody = operation.body !== null && !takesAnyBytes(operation);
    return [
      ...(takesBody ? new Array<typeof this.withBrokenBody>(12).fill(this.withBrokenBody) : []),
      ...(takesBody ? [this.withUnreadableBody, this.withoutBody, this.withOtherType] : []),
      ...(operation.method === 'GET' ? [] : [this.withTooLargeBody, this.withUnwantedBody]),
      ...(hasQuery ? [this.withBrokenQuery, this.withBrokenQuery] : []),
      ...(hasPathId ? [this.withMissingId, this.withOddPath] : []),
      ...(operation.isSecured ? [this.withWrongKey] : []),
      ...(parametersIn(operation, 'header').some(({ name }) => name === IDEMPOTENCY_KEY) ? [this.withOddIdempotencyKey] : []),
      this.withOddHeader,
      this.withWrongMethod,
    ];
  }

  private readonly withBrokenBody = (request: MadeRequest, choice: Choice): MadeRequest => {
    const { body } = this.operation(request);
    if (body === null) return request;
    const valid = choice.of(this.values.of(body.schema));
    const all = breakagesOf(this.document, body.schema);
    // Not every sample is wrong at every place: the first that is, from a place where chance sets out.
    const from = choice.from([...all.keys()]);
    for (const breakage of [...all.slice(from), ...all.slice(0, from)]) {
      const made = broken(valid, breakage);
      const isBroken = made !== null && (breakage.isAlways === true || this.validator.whatIsWrong(body.schema, made.value) !== null);
      if (isBroken) return expecting(withJson(request, JSON.stringify(made.value)), { kind: 'invalid', why: breakage.why });
    }
    return request;
  };

  private readonly withUnreadableBody = (request: MadeRequest, choice: Choice): MadeRequest => {
    const [why, body] = choice.from(unreadableBodies(request.body?.toString() ?? '{}'));
    return expecting({ ...withJson(request, ''), body }, { kind: 'refused', why, statuses: [400] });
  };

  private readonly withoutBody = (request: MadeRequest): MadeRequest => {
    const { 'content-type': _, ...headers } = request.headers;
    const isNeeded = this.operation(request).body?.isRequired === true;
    return expecting({ ...request, headers, body: null }, isNeeded ? { kind: 'refused', why: 'no body', statuses: [400] } : { kind: 'valid' });
  };

  private readonly withOtherType = (request: MadeRequest, choice: Choice): MadeRequest => {
    const type = choice.from(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', '*/*', 'nonsense', 'application/json-patch+json']);
    return expecting(withJson(request, request.body?.toString() ?? '{}', type), { kind: 'refused', why: type, statuses: [415] });
  };

  private readonly withTooLargeBody = (request: MadeRequest, choice: Choice): MadeRequest => {
    const bytes = takesAnyBytes(this.operation(request)) ? 1_048_577 : choice.from([65_537, 200_000]);
    return expecting(withJson(request, `"${'x'.repeat(bytes - 2)}"`), { kind: 'refused', why: 'too large', statuses: [413] });
  };

  /** Sent also where none is taken. */
  private readonly withUnwantedBody = (request: MadeRequest, choice: Choice): MadeRequest => {
    const text = choice.from(['{}', '[]', 'null', '{"a":1}', '{', '"text"', '<a/>']);
    return expecting(withJson(request, text, choice.from(['application/json', 'text/xml'])), { kind: 'odd', why: 'an unwanted body' });
  };

  private readonly withBrokenQuery = (request: MadeRequest, choice: Choice): MadeRequest => {
    const operation = this.operation(request);
    const { why, query, isInvalid } = brokenQuery(operation, this.document, this.validator, choice);
    const path = `${request.path.split('?')[0]}?${query}`;
    return expecting({ ...request, path }, isInvalid && isList(operation) ? { kind: 'refused', why, statuses: operation.path.includes('{') ? [400, 404] : [400] } : { kind: 'odd', why });
  };

  private readonly withMissingId = (request: MadeRequest, choice: Choice): MadeRequest => {
    const operation = this.operation(request);
    const odd = ['1', 'x'.repeat(300), "'%20OR%201=1--", 'null', '-1', '%F0%9F%98%80', '__proto__', 'constructor', '..%2F..%2Fetc', 'chn_%25'];
    const path = this.path(operation, (kind) => choice.from([missingId(kind), missingId(kind).toUpperCase(), ...odd]));
    // A key that came before with another address is refused for that.
    const known = IDEMPOTENCY_KEY in request.headers ? [404, 422] : [404];
    const statuses = takesAnyBytes(operation) || !operation.isSecured ? [400, 401, 404] : known;
    return expecting({ ...request, path: `${path}${queryOf(request)}` }, { kind: 'refused', why: 'an id that nothing has', statuses });
  };

  private readonly withOddPath = (request: MadeRequest, choice: Choice): MadeRequest => {
    const path = this.path(this.operation(request), () => choice.from(['%00', 'a%00b', '%E0%A4%A', '%zz', '%']));
    return expecting({ ...request, path: `${path}${queryOf(request)}` }, { kind: 'refused', why: 'an address that holds no text', statuses: [400] });
  };

  private readonly withWrongKey = (request: MadeRequest, choice: Choice): MadeRequest => {
    const { authorization: _, ...headers } = request.headers;
    const wrong = choice.from([null, 'Bearer', 'Bearer nonsense', 'Basic ZTJlOmU=', `Bearer ${this.secrets.key}x`, `Bearer tdc_${'0'.repeat(26)}_${'0'.repeat(72)}`, `Bearer ${this.secrets.key} ${this.secrets.key}`]);
    return expecting({ ...request, headers: wrong === null ? headers : { ...headers, authorization: wrong } }, { kind: 'refused', why: 'no right key', statuses: [401] });
  };

  private readonly withOddIdempotencyKey = (request: MadeRequest, choice: Choice): MadeRequest => {
    const bad = choice.isOneIn(2);
    const key = bad ? choice.from(['', 'x'.repeat(256), 'a b', 'é', 'a\tb', ['a', 'b']]) : choice.from(['a', 'b', '__proto__', 'constructor', "';--", 'x'.repeat(255)]);
    return expecting({ ...request, headers: { ...request.headers, [IDEMPOTENCY_KEY]: key } }, bad ? { kind: 'invalid', why: 'a wrong idempotency key' } : { kind: 'valid' });
  };

  private readonly withOddHeader = (request: MadeRequest, choice: Choice): MadeRequest => {
    const [name, value] = choice.from<[string, string]>([
      ['accept', 'image/png'],
      ['accept', ''],
      ['accept-encoding', 'nonsense;q=9'],
      ['x-request-id', 'a b"<script>'],
      ['x-request-id', 'x'.repeat(4_000)],
      ['x-forwarded-for', '999.1.1.1'],
      ['x-forwarded-host', 'evil.example'],
      ['x-http-method-override', 'DELETE'],
      ['cookie', '__proto__=1; a=%00'],
      ['if-none-match', '*'],
      ['range', 'bytes=0-1'],
      ['origin', 'null'],
      ['__proto__', 'polluted'],
      ['content-encoding', 'gzip'],
      ['te', 'trailers'],
    ]);
    return expecting({ ...request, headers: { ...request.headers, [name]: value } }, { kind: 'odd', why: `the header ${name}` });
  };

  private readonly withWrongMethod = (request: MadeRequest, choice: Choice): MadeRequest => {
    const item = Object.entries(this.document.paths).find(([path]) => path === this.operation(request).path)?.[1] ?? {};
    const others = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET'].filter((method) => !(method.toLowerCase() in item) && this.isFree(request, method));
    return expecting({ ...request, method: choice.from(others), body: null }, { kind: 'wrong-method' });
  };

  /** `/v1/channels/authorizations` is also `/v1/channels/{id}`, which may have the method. */
  private isFree(request: MadeRequest, method: string): boolean {
    const given = (request.path.split('?')[0] ?? '').split('/');
    return !Object.entries(this.document.paths).some(([path, item]) => {
      const wanted = path.split('/');
      return method.toLowerCase() in item && wanted.length === given.length && wanted.every((part, at) => part.startsWith('{') || part === given[at]);
    });
  }

  private path(operation: Operation, idOf: (kind: string) => string): string {
    return operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => idOf(kindInPath(operation.path, name)));
  }

  private operation(request: MadeRequest): Operation {
    const operation = this.operations.find(({ id }) => id === request.operationId);
    if (operation === undefined) throw new Error(`There is no ${request.operationId}`);
    return operation;
  }

  private signature(body: Buffer | null): string {
    return `sha256=${createHmac('sha256', this.secrets.consumerSecret).update(body ?? '').digest('base64')}`;
  }
}

function expecting(request: MadeRequest, expectation: Expectation): MadeRequest {
  return { ...request, expectation };
}

function withJson(request: MadeRequest, text: string, type = 'application/json'): MadeRequest {
  return { ...request, headers: { ...request.headers, 'content-type': type }, body: Buffer.from(text) };
}

function queryOf(request: MadeRequest): string {
  return request.path.includes('?') ? request.path.slice(request.path.indexOf('?')) : '';
}
