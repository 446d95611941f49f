import { MINUTE_MS, SECOND_MS } from '../../kernel/duration.js';
import { type CreditStop, creditRetryMs, stopAfterRefusal, stopAfterVainProbe, stopDuringProbe } from './credit-stop.js';

const NOW = 1_000_000;
const MIDDLE = 0.5;
const STOP: CreditStop = { since: NOW, by: 'send', tries: 1, retryAt: NOW + 15 * SECOND_MS, probe: null };

describe('A stop for want of credits', () => {
  it('lasts from 15 seconds to 10 minutes, doubling, spread by a fifth', () => {
    expect([1, 2, 3, 6, 7, 50].map((tries) => creditRetryMs(tries, MIDDLE))).toEqual([15, 30, 60, 480, 600, 600].map((s) => s * SECOND_MS));
    expect([creditRetryMs(1, 0), creditRetryMs(1, 1)]).toEqual([12 * SECOND_MS, 18 * SECOND_MS]);
  });

  it('begins with the first refusal; those that were on their way with it are no tries', () => {
    const stop = stopAfterRefusal(null, { by: 'send', messageId: 'msg_1' }, NOW, MIDDLE);
    expect(stop).toEqual(STOP);
    expect(stopAfterRefusal(stop, { by: 'send', messageId: 'msg_2' }, NOW + SECOND_MS, MIDDLE)).toEqual(stop);
    expect(stopAfterRefusal(stopDuringProbe(stop, 'msg_3', NOW), { by: 'send', messageId: 'msg_2' }, NOW + 20 * SECOND_MS, MIDDLE)).toMatchObject({ tries: 1, probe: 'msg_3' });
  });

  it('lasts longer after each message that tried in vain', () => {
    const probe = stopDuringProbe(STOP, 'msg_1', NOW + 15 * SECOND_MS);
    expect(probe).toEqual({ ...STOP, probe: 'msg_1', retryAt: NOW + 75 * SECOND_MS });
    expect(stopAfterRefusal(probe, { by: 'send', messageId: 'msg_1' }, NOW + 16 * SECOND_MS, MIDDLE)).toEqual({ ...STOP, tries: 2, retryAt: NOW + 46 * SECOND_MS });
  });

  it('lets the next message try at once when X refused one for another reason, and after the wait when X did not answer', () => {
    const probe = stopDuringProbe(STOP, 'msg_1', NOW);
    expect(stopAfterVainProbe(probe, true, NOW + MINUTE_MS, MIDDLE)).toEqual({ ...STOP, retryAt: NOW + MINUTE_MS });
    expect(stopAfterVainProbe(probe, false, NOW + MINUTE_MS, MIDDLE)).toEqual({ ...STOP, retryAt: NOW + MINUTE_MS + 15 * SECOND_MS });
  });

  it('that another call has found is a send’s when X refuses one, and stays so', () => {
    const found = stopAfterRefusal(null, { by: 'history', messageId: null }, NOW, MIDDLE);
    const sent = stopAfterRefusal(found, { by: 'send', messageId: 'msg_1' }, NOW, MIDDLE);
    expect([found.by, sent.by, stopAfterRefusal(sent, { by: 'history', messageId: null }, NOW + MINUTE_MS, MIDDLE).by]).toEqual(['history', 'send', 'send']);
  });
});
