import { readFileSync } from 'node:fs';
import { timeOfXId } from './x-id-time.js';

describe('The time in an id of X', () => {
  it('is that of the message whose id it is', () => {
    const payload = JSON.parse(readFileSync('test/fixtures/x/aaa-dm-text-inbound.json', 'utf8')) as { direct_message_events: { id: string; created_timestamp: string }[] };
    for (const { id, created_timestamp: createdAt } of payload.direct_message_events) {
      expect(timeOfXId(id)).toBe(Number(createdAt));
    }
    expect(payload.direct_message_events).not.toEqual([]);
  });
});
