import fc from 'fast-check';
import { inSequence } from './in-sequence.js';

const event = (conversationId: string | null, sequence: number | null) => ({ conversationId, sequence });

describe('events in sequence', () => {
  it('are those of each conversation in their order, in the places that the conversation has', () => {
    const [a1, a2, b1, channel] = [event('a', 1), event('a', 2), event('b', 1), event(null, null)];
    expect(inSequence([a2, b1, channel, a1])).toEqual([a1, b1, channel, a2]);
  });

  it('are the same events, none twice, and each conversation’s numbers rise', () => {
    const events = fc.uniqueArray(fc.record({ conversationId: fc.option(fc.constantFrom('a', 'b', 'c')), sequence: fc.nat(50) }), {
      selector: ({ conversationId, sequence }) => `${conversationId} ${sequence}`,
    });
    fc.assert(
      fc.property(events, (given) => {
        const ordered = inSequence(given);
        expect(new Set(ordered)).toEqual(new Set(given));
        expect(ordered.map(({ conversationId }) => conversationId)).toEqual(given.map(({ conversationId }) => conversationId));
        for (const id of ['a', 'b', 'c']) {
          const numbers = ordered.filter(({ conversationId }) => conversationId === id).map(({ sequence }) => sequence);
          expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
        }
      }),
    );
  });
});
