import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../kernel/problem.js';
import type { ProblemCode } from '../kernel/problem-code.js';
import { readErrorBody, readProblemType, XFailure } from '../x-api/x-failure.js';
import { toXProblem } from './x-problem.js';

interface Row {
  name: string;
  http_status: number;
  body: unknown;
}

const rows = JSON.parse(readFileSync(join(__dirname, '../../test/fixtures/x/rest-errors.json'), 'utf8')) as Row[];

const EXPECTED: Readonly<Record<string, ProblemCode>> = {
  'v1 bad/malformed auth': 'channel.credentials-rejected',
  'v1 invalid or expired token': 'channel.credentials-rejected',
  'v1 timestamp out of bounds': 'x.unexpected-answer',
  'v1 page/env not found': 'x.unexpected-answer',
  'v1 rate limited': 'x.rate-limited',
  'v1 app lacks DM permission': 'channel.direct-messages-not-permitted',
  'v1 sender suspended': 'channel.credentials-rejected',
  'v1 cannot DM non follower': 'x.unexpected-answer',
  'v1 error sending message': 'x.unexpected-answer',
  'v1 cannot DM user': 'x.unexpected-answer',
  'v1 DM too long': 'x.unexpected-answer',
  'v1 automated': 'x.unexpected-answer',
  'v1 account locked': 'channel.credentials-rejected',
  'v1 internal error': 'x.unavailable',
  'v1 over capacity': 'x.unavailable',
  'v1 access level': 'channel.access-level-insufficient',
  'v1 AAA webhook url bad': 'channel.webhook-url-rejected',
  'v1 AAA crc bad token': 'channel.webhook-crc-rejected',
  'v1 AAA crc slow': 'channel.webhook-too-slow',
  'v1 AAA crc non-200': 'channel.webhook-unreachable',
  'v1 AAA too many webhooks': 'channel.webhook-occupied',
  'v1 AAA subscription exists': 'x.unexpected-answer',
  'v1 AAA not permitted': 'channel.subscription-not-permitted',
  'v1 AAA webhook missing': 'x.unexpected-answer',
};

function problemOf(failure: XFailure): Problem {
  const problem = toXProblem(failure);
  if (!(problem instanceof Problem)) throw new Error('not a problem');
  return problem;
}

const answered = (status: number | null, code: number | null, detail = 'X says so.') => new XFailure('answered', { status, code, detail });

describe('what X refuses, to the person who asked for it', () => {
  it.each(rows.filter(({ name }) => name.startsWith('v1 ')))('means the right thing, with X’s own answer: $name', ({ name, http_status, body }) => {
    const failure = new XFailure('answered', { status: http_status, ...readErrorBody(body) });
    const problem = problemOf(failure);
    expect(problem.code).toBe(EXPECTED[name]);
    expect(problem.extras.x).toEqual(failure.answer);
    expect(problem.extras.cause).toBe(failure);
    expect(problem.detail).toMatch(/^\p{Lu}.{20,}$/u);
    expect(problem.extras.remedy ?? 'What X said has to do.').toMatch(/^\p{Lu}.{15,}\.$/u);
    expect(problem.explanation).toBe([problem.detail, problem.extras.remedy].filter(Boolean).join(' '));
  });

  it.each([32, 64, 87, 89, 93, 99, 215, 220, 261, 326, 348, 416, 453])('says what to do about code %d, apart from what happened', (code) => {
    const { detail, extras } = problemOf(answered(403, code));
    expect(extras.remedy).toMatch(/^\p{Lu}.{15,}\.$/u);
    expect(detail).not.toContain(extras.remedy);
  });

  it.each([400, 403])('is told by code and message where X’s documents and its answers differ in the status (%d)', (status) => {
    const slow = 'High latency on CRC GET request. Your webhook should respond in less than 3 seconds.';
    expect(problemOf(answered(status, 214, slow)).code).toBe('channel.webhook-too-slow');
    expect(problemOf(answered(status, 348)).code).toBe('channel.subscription-not-permitted');
  });

  it.each<[number | null, number | null, ProblemCode]>([
    [403, 87, 'channel.access-level-insufficient'],
    [403, 99, 'channel.credentials-rejected'],
    [400, 215, 'channel.credentials-rejected'],
    [403, 220, 'channel.access-level-insufficient'],
    [403, 261, 'channel.direct-messages-not-permitted'],
    [401, null, 'channel.credentials-rejected'],
    [401, 9_999, 'channel.credentials-rejected'],
    [403, null, 'x.unexpected-answer'],
    [403, 214, 'x.unexpected-answer'],
    [null, null, 'x.unexpected-answer'],
    [429, null, 'x.rate-limited'],
    [403, 88, 'x.rate-limited'],
    [500, null, 'x.unavailable'],
    [503, 32, 'x.unavailable'],
  ])('means the right thing: status %p, code %p', (status, code, expected) => {
    expect(problemOf(answered(status, code)).code).toBe(expected);
  });

  it('says when to try again at a limit', () => {
    expect(problemOf(answered(429, 88)).extras.retryAfterMs).toBe(900_000);
  });
});

describe('a call that X did not answer', () => {
  it.each(['not-sent', 'maybe-sent'] as const)('is X that cannot be reached (%s)', (kind) => {
    const problem = problemOf(new XFailure(kind, { status: 200, code: 32, detail: 'cut' }));
    expect(problem).toMatchObject({ code: 'x.unavailable', extras: { x: { status: 200, code: 32, detail: 'cut' } } });
  });
});

describe('an error that is not X’s', () => {
  it.each([new Error('ours'), new Problem('channel.not-found', 'No.'), 'text', null, undefined])('comes back as it is: %p', (error) => {
    expect(toXProblem(error)).toBe(error);
  });
});

describe('what X Activity refuses', () => {
  it.each<[ProblemCode, unknown, number]>([
    ['channel.access-level-insufficient', { title: 'Unsupported Authentication', detail: 'No.', type: 'https://api.x.com/2/problems/unsupported-authentication' }, 403],
    ['channel.access-level-insufficient', { title: 'Unsupported Authentication', type: 'https://api.x.com/2/problems/unsupported-authentication' }, 401],
    ['channel.subscription-not-permitted', { errors: [{ message: 'SubscribedElsewhere: subscription 1 tells webhook 2 of dm.read.' }] }, 400],
    ['channel.subscriptions-used-up', { errors: [{ message: 'SubscriptionLimitExceeded: ' }] }, 400],
  ])('is %s', (code, body, status) => {
    const problem = toXProblem(new XFailure('answered', { status, ...readErrorBody(body) }, [], readProblemType(body)));
    expect(problem).toMatchObject({ code, extras: { x: { status } } });
  });
});
