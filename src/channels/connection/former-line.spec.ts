import { DAY_MS } from '../../kernel/duration.js';
import { type FormerLine, formerLinesAfter, isStillHeard, type Line } from './former-line.js';

const NOW = 1_000_000;
const PREMIUM: Line = { eventsApi: 'account-activity-premium', environmentName: 'prod', webhookKey: 'premium' };
const V2: Line = { eventsApi: 'account-activity-v2', environmentName: null, webhookKey: 'v2' };
const ENTERPRISE: Line = { eventsApi: 'account-activity-enterprise', environmentName: null, webhookKey: 'enterprise' };
const on = (line: Line, formerLines: FormerLine[] = [], connection: 'connected' | 'pending' = 'connected') => ({ ...line, connection, formerLines });

describe('The lines that a channel had before', () => {
  it('are those that it left, still to be ended, and not the one that it is on', () => {
    const once = formerLinesAfter(on(PREMIUM), V2, true, NOW);
    expect(once).toEqual([{ ...PREMIUM, endedAt: null }]);
    const twice = formerLinesAfter(on(V2, once), ENTERPRISE, true, NOW);
    expect(twice).toEqual([{ ...PREMIUM, endedAt: null }, { ...V2, endedAt: null }]);
    expect(formerLinesAfter(on(ENTERPRISE, twice), PREMIUM, true, NOW)).toEqual([{ ...V2, endedAt: null }, { ...ENTERPRISE, endedAt: null }]);
  });

  it('stay as they are when the line does', () => {
    const formerLines = [{ ...V2, endedAt: 5 }];
    expect(formerLinesAfter(on(PREMIUM, formerLines), PREMIUM, true, NOW)).toEqual(formerLines);
  });

  it('have nothing to be ended where the channel never was connected, or belongs to another app now', () => {
    expect(formerLinesAfter(on(PREMIUM, [], 'pending'), V2, true, NOW)).toEqual([{ ...PREMIUM, endedAt: NOW }]);
    expect(formerLinesAfter(on(PREMIUM, [{ ...V2, endedAt: null }]), ENTERPRISE, false, NOW)).toEqual([{ ...V2, endedAt: NOW }, { ...PREMIUM, endedAt: NOW }]);
  });

  it('are heard until a day after their end', () => {
    const ended = { ...PREMIUM, endedAt: NOW };
    expect([isStillHeard({ ...ended, endedAt: null }, NOW + 9 * DAY_MS), isStillHeard(ended, NOW + DAY_MS - 1), isStillHeard(ended, NOW + DAY_MS)]).toEqual([true, true, false]);
  });
});
