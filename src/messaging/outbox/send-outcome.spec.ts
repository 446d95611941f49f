import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readErrorBody, XFailure, type XFailureKind } from '../../x-api/x-failure.js';
import { classifySendFailure, retryDelayMs, type SendFailure } from './send-outcome.js';

interface Row {
  name: string;
  http_status: number;
  body: unknown;
}

const rows = JSON.parse(readFileSync(join(__dirname, '../../../test/fixtures/x/rest-errors.json'), 'utf8')) as Row[];
const failed = (code: string, isChannelAtFault: boolean): SendFailure => ({ kind: 'failed', code, isChannelAtFault });
const answered = (status: number | null, code: number | null) => new XFailure('answered', { status, code, detail: 'X says so.' });

/** By name, as the fact sheet on X (§5.4) has them; those of Account Activity do not answer a send and are refusals like any other. */
const EXPECTED: Readonly<Record<string, SendFailure>> = {
  'v1 bad/malformed auth': failed('channel.credentials-rejected', true),
  'v1 invalid or expired token': { kind: 'channel-refused' },
  'v1 timestamp out of bounds': failed('channel.clock-wrong', true),
  'v1 page/env not found': failed('message.participant-not-found', false),
  'v1 rate limited': { kind: 'rate-limited' },
  'v1 app lacks DM permission': failed('channel.direct-messages-not-permitted', true),
  'v1 sender suspended': { kind: 'channel-refused' },
  'v1 cannot DM non follower': failed('message.participant-unreachable', false),
  'v1 error sending message': { kind: 'unknown' },
  'v1 cannot DM user': failed('message.participant-unreachable', false),
  'v1 DM too long': failed('message.too-long', false),
  'v1 automated': failed('message.looks-automated', false),
  'v1 account locked': { kind: 'channel-refused' },
  'v1 internal error': { kind: 'unknown' },
  'v1 over capacity': { kind: 'unknown' },
  'v1 access level': failed('channel.access-level-insufficient', true),
  'v1 AAA webhook url bad': failed('message.refused-by-x', false),
  'v1 AAA crc bad token': failed('message.refused-by-x', false),
  'v1 AAA crc slow': failed('message.refused-by-x', false),
  'v1 AAA crc non-200': failed('message.refused-by-x', false),
  'v1 AAA too many webhooks': failed('message.refused-by-x', false),
  'v1 AAA subscription exists': failed('message.refused-by-x', false),
  'v1 AAA not permitted': failed('channel.credentials-rejected', true),
  'v1 AAA webhook missing': failed('message.participant-not-found', false),
};

describe('what X answers to a send', () => {
  it.each(rows.filter(({ name }) => name.startsWith('v1 ')))('means the right thing: $name', ({ name, http_status, body }) => {
    const failure = new XFailure('answered', { status: http_status, ...readErrorBody(body) });
    expect(classifySendFailure(failure)).toEqual(EXPECTED[name]);
  });

  it.each<[string, number, number, SendFailure]>([
    ['no such user', 404, 17, failed('message.participant-not-found', false)],
    ['no such user', 404, 50, failed('message.participant-not-found', false)],
    ['no such user to write to', 403, 108, failed('message.participant-not-found', false)],
    ['the participant is suspended', 403, 63, failed('message.participant-unreachable', false)],
    ['the sender is not verified', 403, 476, failed('message.participant-unreachable', false)],
    ['the client may not', 403, 87, failed('channel.access-level-insufficient', true)],
    ['the keys are wrong', 403, 99, failed('channel.credentials-rejected', true)],
    ['malformed credentials', 400, 215, failed('channel.credentials-rejected', true)],
    ['the credentials may not', 403, 220, failed('channel.access-level-insufficient', true)],
    ['the app may only read', 403, 261, failed('channel.direct-messages-not-permitted', true)],
    ['a parameter is missing', 403, 38, failed('message.refused-by-x', false)],
    ['a status limit', 403, 185, failed('message.refused-by-x', false)],
    ['a retired endpoint', 410, 251, failed('channel.access-level-insufficient', true)],
    ['a value that X cannot read', 403, 214, failed('message.refused-by-x', false)],
    ['a medium that is not one', 400, 324, failed('message.refused-by-x', false)],
    ['a medium that is gone', 400, 325, failed('message.refused-by-x', false)],
    ['not the app’s account', 403, 348, failed('channel.credentials-rejected', true)],
    ['there already', 409, 355, failed('message.refused-by-x', false)],
    ['a parameter is wrong', 400, 407, failed('message.refused-by-x', false)],
    ['an address that is not registered', 403, 415, failed('channel.credentials-rejected', true)],
    ['the app is suspended', 403, 416, failed('channel.credentials-rejected', true)],
    ['a request token', 401, 417, failed('channel.credentials-rejected', true)],
    ['the account is suspended', 403, 64, { kind: 'channel-refused' }],
    ['the account is locked', 403, 326, { kind: 'channel-refused' }],
    ['the account may not be written to', 403, 349, failed('message.participant-unreachable', false)],
    ['the participant follows no more', 403, 150, failed('message.participant-unreachable', false)],
    ['over capacity', 503, 130, { kind: 'unknown' }],
    ['the limit, in the words of a server that failed', 503, 88, { kind: 'unknown' }],
    ['a duplicate, which may have gone out', 403, 187, { kind: 'unknown' }],
    ['said already, which may have gone out', 403, 151, { kind: 'unknown' }],
    ['an internal error with another status', 403, 131, { kind: 'unknown' }],
    ['a server’s failure', 500, 32, { kind: 'unknown' }],
    ['success that could not be read', 399, 32, { kind: 'unknown' }],
    ['the limit with another status', 403, 88, { kind: 'rate-limited' }],
  ])('means the right thing: %s (%d, code %d)', (_what, status, code, expected) => {
    expect(classifySendFailure(answered(status, code))).toEqual(expected);
  });

  it.each<[string, number, SendFailure]>([
    ['no credits are left', 402, { kind: 'credits-depleted' }],
    ['the body is too large', 413, failed('message.refused-by-x', false)],
    ['X makes nothing of it', 422, failed('message.refused-by-x', false)],
    ['a gateway got tired of waiting, for X or for us', 408, { kind: 'unknown' }],
    ['a gateway has no X', 502, { kind: 'unknown' }],
    ['a gateway had no answer of X', 504, { kind: 'unknown' }],
  ])('means the right thing without a code of X: %s (%d)', (_what, status, expected) => {
    expect(classifySendFailure(answered(status, null))).toEqual(expected);
  });

  // Direct messages over v2 refuse with problems, which carry no code: words where X is known to choose them, else the status.
  const OF_V2: Readonly<Record<string, SendFailure>> = {
    'v2 cannot DM participant': failed('message.participant-unreachable', false),
    'v2 operation not permitted': failed('channel.direct-messages-not-permitted', true),
    'v2 missing scope': failed('channel.direct-messages-not-permitted', true),
    'v2 unauthorized': failed('channel.credentials-rejected', true),
    'v2 wrong auth type': failed('message.refused-by-x', false),
    'v2 client forbidden': failed('message.refused-by-x', false),
    'v2 invalid request': failed('message.refused-by-x', false),
    'v2 webhook limit': failed('message.refused-by-x', false),
    'v2 webhook crc failed': failed('message.refused-by-x', false),
    'v2 aaa duplicate subscription': failed('message.refused-by-x', false),
    'v2 rate limited': { kind: 'rate-limited' },
    'v2 credits depleted (a)': { kind: 'credits-depleted' },
    'v2 credits depleted (b)': { kind: 'credits-depleted' },
    'v2 service unavailable': { kind: 'unknown' },
  };
  it.each(rows.filter(({ name }) => name.startsWith('v2 ')))('means the right thing: $name', ({ name, http_status, body }) => {
    expect(classifySendFailure(new XFailure('answered', { status: http_status, ...readErrorBody(body) }))).toEqual(OF_V2[name]);
  });

  it.each([
    ['as one error', { error: 'There was an error sending your message: Whoops! You already said that.' }],
    ['as a problem', { title: 'Forbidden', detail: 'Whoops! You already said that.', status: 403 }],
    ['as one code', { code: 151, message: 'There was an error sending your message: Whoops! You already said that.' }],
  ])('may have gone out when X says that it was said already, %s', (_how, body) => {
    expect(classifySendFailure(new XFailure('answered', { status: 403, ...readErrorBody(body) }))).toEqual({ kind: 'unknown' });
  });

  it('without a code is judged by its status: a 401 is the channel’s, another 4xx the message’s', () => {
    expect(classifySendFailure(answered(401, null))).toEqual(failed('channel.credentials-rejected', true));
    expect(classifySendFailure(answered(403, null))).toEqual(failed('message.refused-by-x', false));
    expect(classifySendFailure(answered(429, null))).toEqual({ kind: 'rate-limited' });
  });

  it('is never a reason to send again when X may have taken it: any status but 4xx', () => {
    const notARefusal = fc.oneof(fc.integer({ min: 100, max: 399 }), fc.integer({ min: 500, max: 599 }), fc.constant(null));
    const code = fc.option(fc.integer({ min: 0, max: 500 }));
    fc.assert(fc.property(notARefusal, code, (status, xCode) => expect(classifySendFailure(answered(status, xCode))).toEqual({ kind: 'unknown' })));
  });
});

describe('a send that X did not answer', () => {
  const anyAnswer = fc.record({ status: fc.option(fc.integer({ min: 100, max: 599 })), code: fc.option(fc.integer({ min: 0, max: 500 })), detail: fc.string() });

  it.each<[XFailureKind, SendFailure]>([
    ['not-sent', { kind: 'retry' }],
    ['maybe-sent', { kind: 'unknown' }],
  ])('is judged by how far it got alone: %s', (kind, expected) => {
    fc.assert(fc.property(anyAnswer, (answer) => expect(classifySendFailure(new XFailure(kind, answer))).toEqual(expected)));
  });
});

describe('the wait before another try', () => {
  it('doubles from a second to a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 1_000_000].map((tries) => retryDelayMs(tries, 0.5))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('is spread by a fifth either way', () => {
    expect([retryDelayMs(1, 0), retryDelayMs(1, 1)]).toEqual([800, 1_200]);
    expect([retryDelayMs(9, 0), retryDelayMs(9, 1)]).toEqual([48_000, 72_000]);
  });

  it('is whole milliseconds between 0.8 s and 72 s, and longer with a greater spread', () => {
    const spread = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.nat(2_000), spread, spread, (tries, some, other) => {
        const [less, more] = [Math.min(some, other), Math.max(some, other)].map((each) => retryDelayMs(tries, each)) as [number, number];
        expect(Number.isInteger(less)).toBe(true);
        expect(less).toBeGreaterThanOrEqual(800);
        expect(more).toBeLessThanOrEqual(72_000);
        expect(less).toBeLessThanOrEqual(more);
      }),
    );
  });
});
