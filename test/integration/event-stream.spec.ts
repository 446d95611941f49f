import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventStream } from '../../src/callbacks/event/event-stream.service.js';
import { TeamEventEntity } from '../../src/callbacks/event/team-event.entity.js';
import { Timers } from '../../src/runtime/timers.service.js';
import { EventSource } from '../support/event-source.js';
import { eventually } from '../support/eventually.js';

const TOTAL = 20_000;
const SIZE = 10_000;

const eventAt = (position: number): TeamEventEntity =>
  Object.assign(new TeamEventEntity(), { id: `evt_${position}`, type: 'message.received', data: { text: 'x'.repeat(SIZE) }, occurredAt: 0, sequence: null, channelId: null, position });

describe('A live stream', () => {
  it('holds one page for a reader that takes nothing, and goes on where it was when he takes more', async () => {
    let read = 0;
    let out: ServerResponse | undefined;
    const listAfter = async (position: number, limit: number): Promise<TeamEventEntity[]> => {
      read = Math.min(TOTAL, position + limit);
      return Array.from({ length: read - position }, (_, n) => eventAt(position + n + 1));
    };
    const server = createServer((_, response) => {
      out = response.writeHead(200, { 'content-type': 'text/event-stream' });
      void new EventStream('team', response, listAfter, new Timers()).run(0);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const source = await EventSource.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'key');
    source.pause();
    let before = -1;
    await eventually(() => {
      const isStill = read > 0 && read === before;
      before = read;
      return isStill ? true : null;
    }, 'the stream waits for the reader', { everyMs: 200 });
    // What the system keeps between the two, and one page; all of it would be 200 MB.
    expect(read).toBeLessThan(TOTAL / 4);
    expect(out?.writableLength).toBeLessThan(100 * SIZE);
    expect(out?.listenerCount('drain')).toBeLessThan(5);
    source.resume();
    await eventually(() => (source.events.length >= 5_000 ? true : null), 'the reader goes on', { withinMs: 20_000 });
    expect(source.ids.slice(0, 5_000)).toEqual(Array.from({ length: 5_000 }, (_, n) => `evt_${n + 1}`));
    source.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }, 60_000);
});
