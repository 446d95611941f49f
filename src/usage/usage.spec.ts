import { resolve } from 'node:path';
import { loadPrices } from '../config/prices.service.js';
import { dayOf, daysBetween, endOfDay, pricedDay, startOfDay, toAmount } from './usage.js';

const PRICES = loadPrices(resolve(__dirname, '../../config'));

describe('What X charges for', () => {
  it('is counted by UTC’s days', () => {
    const last = Date.parse('2026-11-27T23:59:59.999Z');
    expect([dayOf(last), dayOf(last + 1), endOfDay(last), startOfDay('2026-11-28')]).toEqual(['2026-11-27', '2026-11-28', last + 1, last + 1]);
    expect(daysBetween('2026-02-27', '2026-03-01')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
    expect([daysBetween('2026-03-01', '2026-03-01'), daysBetween('2026-03-01', '2026-02-28')]).toEqual([['2026-03-01'], []]);
  });

  it('is summed to the thousandth of a cent, without the errors of fractions', () => {
    expect([0, 15_000, 270_000, 1_000_000, 12_345_678_900, 1].map(toAmount)).toEqual(['0.00', '0.015', '0.27', '1.00', '12345.6789', '0.000001']);
  });

  it('is priced by its generation, and not guessed where X publishes no price', () => {
    const day = '2026-11-27';
    const { charges, estimate, isComplete } = pricedDay(PRICES, [
      { day, api: 'v2', kind: 'message-sent', count: 3 },
      { day, api: 'v1.1', kind: 'message-sent', count: 2 },
      { day, api: 'x-activity', kind: 'message-received', count: 10 },
      { day, api: 'v2', kind: 'message-read', count: 100 },
    ]);
    expect(charges).toEqual([
      { api: 'x-activity', kind: 'message-received', count: 10, price: 10_000, amount: 100_000 },
      { api: 'v1.1', kind: 'message-sent', count: 2, price: null, amount: null },
      { api: 'v2', kind: 'message-sent', count: 3, price: 15_000, amount: 45_000 },
      { api: 'v2', kind: 'message-read', count: 100, price: 10_000, amount: 1_000_000 },
    ]);
    expect([toAmount(estimate), isComplete]).toEqual(['1.145', false]);
    expect(pricedDay(PRICES, [])).toEqual({ charges: [], estimate: 0, isComplete: true });
  });
});
