import { complaintsOf, pollution, type Recorded } from './checks.js';
import { type Document, operationsOf } from './document.js';
import type { Expectation, MadeRequest } from './made-request.js';
import { createValidator } from './validator.js';

const problem = (...codes: string[]) => ({
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples: Object.fromEntries(codes.map((code) => [code, {}])) } },
});

const DOCUMENT: Document = {
  paths: {
    '/v1/things': {
      post: {
        operationId: 'Things.create',
        security: [{ bearer: [] }],
        requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateThing' } } } },
        responses: {
          201: { headers: { Location: {} }, content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
          204: {},
          400: problem('request.invalid'),
          503: problem('x.unavailable', 'x.rate-limited'),
        },
      },
    },
  },
  components: {
    schemas: {
      CreateThing: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false },
      Thing: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'], additionalProperties: false },
      Problem: { type: 'object', properties: { status: { type: 'integer' }, code: { type: 'string' } }, required: ['status', 'code'] },
    },
  },
};

const CREATED: Recorded = { status: 201, headers: { 'content-type': 'application/json; charset=utf-8', location: '/v1/things/1' }, text: '{"id":"1"}' };
const refusal = (status: number, code: string): Recorded => ({ status, headers: { 'content-type': 'application/problem+json' }, text: JSON.stringify({ status, code }) });
const REFUSED = refusal(400, 'request.invalid');

function complaints(expectation: Expectation, answer: Recorded, document = DOCUMENT): string[] {
  const [operation] = operationsOf(document);
  if (operation === undefined) throw new Error('no operation');
  const request: MadeRequest = { operationId: operation.id, method: 'POST', path: '/v1/things', headers: {}, body: Buffer.from('{"name":"a"}'), expectation };
  return complaintsOf(document, createValidator(document), operation, request, answer);
}

const VALID: Expectation = { kind: 'valid' };
const INVALID: Expectation = { kind: 'invalid', why: 'without name' };

describe('the checks of an answer', () => {
  it('let pass what is as documented', () => {
    expect(complaints(VALID, CREATED)).toEqual([]);
    expect(complaints(VALID, { status: 204, headers: {}, text: '' })).toEqual([]);
    expect(complaints(INVALID, REFUSED)).toEqual([]);
    expect(complaints({ kind: 'odd', why: '' }, refusal(503, 'x.rate-limited'))).toEqual([]);
    expect(complaints({ kind: 'refused', why: '', statuses: [400, 404] }, REFUSED)).toEqual([]);
    expect(complaints({ kind: 'wrong-method' }, { ...refusal(405, 'request.method-not-allowed'), headers: { allow: 'POST', 'content-type': 'application/problem+json' } })).toEqual([]);
  });

  it.each<[string, Expectation, Recorded, RegExp]>([
    ['a failure of the service', { kind: 'odd', why: '' }, refusal(500, 'service.internal'), /^500: the service failed$/],
    ['a documented failure that X had no part in', VALID, refusal(503, 'x.unavailable'), /^503: the service failed$/],
    ['an undocumented status', VALID, refusal(418, 'tea.pot'), /^the status 418 is not documented \(tea\.pot\)$/],
    ['an undocumented media type', VALID, { ...CREATED, headers: { ...CREATED.headers, 'content-type': 'text/html' } }, /^the media type “text\/html” is not documented/],
    ['a body without a field that is documented', VALID, { ...CREATED, text: '{}' }, /must have required property 'id'/],
    ['a body with a field that is not documented', VALID, { ...CREATED, text: '{"id":"1","secret":"s"}' }, /must NOT have additional properties/],
    ['a body that is not JSON', VALID, { ...CREATED, text: '{"id":' }, /it is not JSON/],
    ['a body where none is documented', VALID, { status: 204, headers: {}, text: '{}' }, /^there is a body where none is documented$/],
    ['a documented header that is missing', VALID, { ...CREATED, headers: { 'content-type': 'application/json' } }, /^the documented header Location is missing$/],
    ['a code that is documented for no such status', INVALID, refusal(400, 'thing.unheard-of'), /^the code thing\.unheard-of is not documented for 400$/],
    ['a problem that tells of another status', INVALID, { ...REFUSED, text: '{"status":404,"code":"request.invalid"}' }, /^the problem tells of another status/],
    ['a valid request that is refused', VALID, REFUSED, /^a valid request is refused: 400 request\.invalid$/],
    ['an invalid request that is accepted', INVALID, CREATED, /^an invalid request \(without name\) is not refused as such: 201$/],
    ['another refusal than the right one', { kind: 'refused', why: 'no right key', statuses: [401] }, REFUSED, /^expected 401 \(no right key\): 400/],
    ['a method that is taken', { kind: 'wrong-method' }, CREATED, /^expected 405: 201/],
    ['a refused method without Allow', { kind: 'wrong-method' }, refusal(405, 'request.method-not-allowed'), /^405 without Allow$/],
    ['a stack trace', INVALID, { ...REFUSED, text: JSON.stringify({ status: 400, code: 'request.invalid', detail: 'x\n    at Object.run (/app/a.js:1:1)' }) }, /stack trace/],
  ])('see %s', (_what, expectation, answer, complaint) => {
    expect(complaints(expectation, answer)).toContainEqual(expect.stringMatching(complaint));
  });

  it('see what was put on the prototype of all objects', () => {
    expect(pollution()).toEqual([]);
    Object.assign(Object.prototype, { polluted: true });
    try {
      expect(pollution()).toContain('polluted');
    } finally {
      delete (Object.prototype as { polluted?: boolean }).polluted;
    }
  });
});
