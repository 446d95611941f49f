import { Problem } from '../../kernel/problem.js';
import { accountAfter, CHECK_NAMES, type CheckName, checksAfter, connectionAfter, type Finding, LINE_CHECKS } from './channel-check.js';

const fine: Finding = { ok: true, detail: 'Fine.' };
const wrong = (code: Problem['code'] = 'channel.webhook-invalid', remedy?: string): Finding => ({ ok: false, problem: new Problem(code, 'Broken.', remedy === undefined ? {} : { remedy }) });
const all = (change: Partial<Record<CheckName, Finding>> = {}) => new Map<CheckName, Finding>(CHECK_NAMES.map((name) => [name, change[name] ?? fine]));

describe('a channel’s checks', () => {
  it('are all of them, in their order, and one that was never made says so', () => {
    const checks = checksAfter([], new Map([['subscription', fine]]), 7);
    expect(checks.map(({ name }) => name)).toEqual(CHECK_NAMES);
    expect(checks.find(({ name }) => name === 'subscription')).toEqual({ name: 'subscription', ok: true, checkedAt: 7, detail: 'Fine.', remedy: null });
    expect(checks[0]).toMatchObject({ ok: false, checkedAt: null });
    expect(checks[0]?.remedy).not.toBeNull();
  });

  it('keep what they were when they were not made again', () => {
    const before = checksAfter([], all({ 'public-url': wrong('channel.public-url-unreachable', 'Mend the proxy.') }), 7);
    const after = checksAfter(before, new Map([['credentials', fine]]), 9);
    expect(after.find(({ name }) => name === 'public-url')).toEqual({ name: 'public-url', ok: false, checkedAt: 7, detail: 'Broken.', remedy: 'Mend the proxy.' });
    expect(after[0]).toMatchObject({ name: 'credentials', checkedAt: 9 });
  });

  it('always say what to do about one that failed', () => {
    for (const { ok, remedy } of checksAfter([], all(Object.fromEntries(CHECK_NAMES.map((name) => [name, wrong()]))), 7)) {
      expect([ok, typeof remedy]).toEqual([false, 'string']);
    }
  });
});

describe('how a channel stands after a look', () => {
  it('is connected when its line is well, whatever else is not', () => {
    expect(connectionAfter(all())).toEqual({ connection: 'connected', problem: null });
    expect(connectionAfter(all({ 'event-flow': wrong('channel.silent'), 'public-url': wrong(), 'open-direct-messages': wrong() }))?.connection).toBe('connected');
  });

  it.each(LINE_CHECKS)('is degraded when “%s” fails', (name) => {
    expect(connectionAfter(all({ [name]: wrong('x.unavailable') }))).toMatchObject({ connection: 'degraded', problem: { code: 'x.unavailable' } });
  });

  it('is revoked when X refuses the tokens, whatever else fails', () => {
    expect(connectionAfter(all({ credentials: wrong('channel.credentials-rejected'), subscription: wrong() }))?.connection).toBe('revoked');
  });

  it('is not told by a look that was cut short and saw nothing wrong', () => {
    expect(connectionAfter(new Map([['credentials', fine]]))).toBeNull();
    expect(connectionAfter(new Map([['credentials', fine], ['environment', wrong('channel.environment-not-found')]]))?.connection).toBe('degraded');
  });

  it('counts only the account where the channel is not connected', () => {
    expect(accountAfter(all({ subscription: wrong('channel.not-connected') }))).toBeNull();
    expect(accountAfter(all({ credentials: wrong('x.unavailable') }))).toBeNull();
    expect(accountAfter(all({ credentials: wrong('channel.credentials-rejected') }))?.connection).toBe('revoked');
    expect(accountAfter(all({ 'direct-message-permission': wrong('channel.direct-messages-not-permitted') }))?.connection).toBe('degraded');
  });
});
