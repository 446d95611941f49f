import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { run } from './campaign.js';
import type { Document, Schema } from './document.js';

const PROBLEM = { 'application/problem+json': { schema: { type: 'object' }, examples: { 'request.invalid': {} } } };

/** One operation that takes a body with a short name. */
const documentOf = (name: Schema, more: Schema = { additionalProperties: false }): Document => ({
  paths: {
    '/v1/things': {
      post: {
        operationId: 'Things.create',
        requestBody: { required: true, content: { 'application/json': { schema: { type: 'object', properties: { name }, required: ['name'], ...more } } } },
        responses: { 200: { content: { 'application/json': { schema: { type: 'object' } } } }, 400: { content: PROBLEM }, 413: { content: PROBLEM }, 415: { content: PROBLEM } },
      },
    },
  },
  components: { schemas: {} },
});

const REQUESTS = 1_500;
const STRICT = documentOf({ type: 'string', maxLength: 5 });

/** Stands for the service: a status, and a body where it matters. */
type Answer = (request: { method: string; type: string; text: string }) => [number, string?];

const isFine = (text: string): boolean => {
  try {
    const body = JSON.parse(text) as { name?: unknown };
    const keys = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    const isPlain = !/__proto__|\\u005f|constructor/.test(text) && !text.includes('\u0000');
    return isPlain && keys.length === 1 && typeof body.name === 'string' && body.name.isWellFormed() && !body.name.includes('\u0000') && Array.from(body.name).length <= 5;
  } catch {
    return false;
  }
};

/** Does all right. */
const right: Answer = ({ method, type, text }) => {
  if (method !== 'POST') return [405];
  if (text.length > 65_536) return [413];
  if (text !== '' && !/^application\/json(;|$)/i.test(type)) return [415];
  return [isFine(text) ? 200 : 400];
};

describe('A campaign of requests', () => {
  let server: Server;
  let answer: Answer = right;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const bytes = Buffer.concat(parts);
        const isText = Buffer.from(bytes.toString()).equals(bytes);
        const [status, body] = answer({ method: request.method ?? '', type: request.headers['content-type'] ?? '', text: isText ? bytes.toString() : '{' });
        const type = status < 300 ? 'application/json' : 'application/problem+json';
        response.writeHead(status, { 'content-type': type, allow: 'POST' }).end(body ?? JSON.stringify({ status, ...(status < 300 ? {} : { code: 'request.invalid' }) }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const campaign = async (service: Answer, document = STRICT) => {
    answer = service;
    return run({ url, document, secrets: { key: 'k', consumerSecret: 's' }, seed: 1, requests: REQUESTS, now: () => 0, words: {}, prepare: async () => [] });
  };

  it('finds nothing in a service that does as its document says', async () => {
    const { failures, sent, byKind } = await campaign(right);
    expect(failures).toEqual([]);
    expect(sent).toBe(REQUESTS);
    expect(Object.keys(byKind).sort()).toEqual(['invalid', 'odd', 'refused', 'valid', 'wrong-method']);
  });

  it.each<[string, Answer, RegExp]>([
    ['fails on an unknown field', (request) => (request.text.includes('"extra"') ? [500] : right(request)), /500: the service failed/],
    ['takes a body of a wrong kind', (request) => (request.text === '[[]]' || /"name":(null|true|\d)/.test(request.text) ? [200] : right(request)), /an invalid request \(.* at \/name\) is not refused/],
    ['takes unknown fields', (request) => (/"hasOwnProperty":1|"toString":1|"Constructor":1/.test(request.text) ? [200] : right(request)), /an invalid request \(an unknown field/],
    ['passes over a missing field', (request) => (request.text === '{}' ? [200] : right(request)), /an invalid request \(without name at \/\)/],
    ['lets longer names pass', (request) => (/"name":"a+"/.test(request.text) ? [200] : right(request)), /an invalid request \(a character too many|far too long/],
    ['refuses capitals in a media type', (request) => (request.type === 'Application/JSON' ? [415] : right(request)), /a valid request is refused: 415/],
    ['counts an emoji as two', (request) => (/\u{1F600}{3}/u.test(request.text) ? [400] : right(request)), /a valid request is refused: 400/],
    ['takes JSON with a trailing comma', (request) => (request.text === '{"a":1,}' ? [200] : right(request)), /expected 400 \(a trailing comma\)/],
    ['takes a prototype', (request) => (request.text.includes('__proto__') ? [200] : right(request)), /expected 400 \(the field "__proto__"/],
    ['reads what does not say that it is JSON', (request) => (/xml|text|form/.test(request.type) ? [200] : right(request)), /expected 415 \(.*(xml|text|form)/],
    ['reads bodies without end', (request) => (request.text.length > 65_536 ? [200] : right(request)), /expected 413 \(too large\)/],
    ['has other methods', (request) => (request.method === 'PUT' ? [200] : right(request)), /expected 405: 200/],
  ])('sees that a service %s, and shows the request', async (_what, service, complaint) => {
    const { failures } = await campaign(service);
    expect(failures.join('\n')).toMatch(complaint);
    expect(failures[0]).toMatch(/\n(GET|PUT|POST|PATCH|DELETE|OPTIONS) \/v1\/things.*\n[\s\S]*\n→ \d{3} [\s\S]*FUZZ_SEED=1/);
    expect(failures[0]).not.toMatch(/authorization/i);
  });

  it('sees a document that promises less than the service asks for', async () => {
    expect((await campaign(right, documentOf({ type: 'string' }))).failures.join('\n')).toMatch(/a valid request is refused: 400/);
  });

  it('sees a document that asks for more than the service does', async () => {
    expect((await campaign(right, documentOf({ type: 'string', maxLength: 3 }))).failures.join('\n')).toMatch(/an invalid request \(.* at \/name\) is not refused/);
  });

  it('sees a document that allows unknown fields together with a service that takes them', async () => {
    const loose: Answer = (request) => (/"(extra|toString|hasOwnProperty|Constructor)":1/.test(request.text) ? [200] : right(request));
    expect((await campaign(loose, documentOf({ type: 'string', maxLength: 5 }, {}))).failures.join('\n')).toMatch(/an invalid request \(an unknown field/);
  });

  it('makes the same requests of the same seed', async () => {
    const seen: string[][] = [];
    for (let time = 0; time < 2; time += 1) {
      const texts: string[] = [];
      await campaign((request) => {
        texts.push(`${request.method} ${request.type} ${request.text}`);
        return right(request);
      });
      seen.push(texts);
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(new Set(seen[0]).size).toBeGreaterThan(100);
  });
});
