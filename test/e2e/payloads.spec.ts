import { readdirSync } from 'node:fs';
import { toShownContent } from '../../src/messaging/message/shown-content.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import type { AnswerBody } from './answers.js';
import { type BrokenPayload, breakEachField } from './broken-payloads.js';
import { countRows, queryDatabase } from './database.js';
import { PAYLOAD_TABLES } from './payload-table.js';
import { type Both, connectNajm, type Service, startBoth } from './service.js';
import { deliver, FIXTURES, payload } from './x-webhook.js';

const NAMES = readdirSync(FIXTURES).filter((name) => /^(aaa|xaa)-/.test(name)).map((name) => name.replace(/\.json$/, ''));
/** The long form: each field in every way. */
const BREAK_ALL = process.env['PAYLOAD_FAULTS'] === 'all';
/** Sent side by side, so that X's patience is not what is measured. */
const AT_ONCE = 20;

forEachEngine((engine) => {
  describe.each(PAYLOAD_TABLES)('Each payload of $name', ({ eventsApi, payloads, after, results }) => {
    const names = NAMES.filter((name) => payloads.test(name));
    let both: Both;
    let service: Service;
    let channel: AnswerBody;

    beforeAll(async () => {
      // Just after the payloads: typing is told while it is new.
      both = await startBoth({ clock: new ManualClock(after), databaseUrl: await engine.createDatabaseUrl() });
      service = both.service;
      channel = await connectNajm(service, { eventsApi });
    });
    afterAll(() => both.stop());

    const stored = () => queryDatabase<{ status: string; detail: string | null; body: string; encoding: BufferEncoding }>(both.databaseUrl, 'SELECT * FROM webhook_events ORDER BY id');
    const settled = (count: number) =>
      eventually(async () => {
        expect([await countRows(both.databaseUrl, 'webhook_events'), await countRows(both.databaseUrl, "webhook_events WHERE status = 'received'")]).toEqual([count, 0]);
        return stored();
      }, `${count} events are processed or set aside`, { withinMs: 60_000 });
    const messages = async (): Promise<[string, ...unknown[]][]> => {
      const first = (await service.call('/v1/messages?limit=100')).body;
      return first.data.map(({ id, xMessageId, source, direction, from, to, content }) => [xMessageId, source, (direction === 'inbound' ? from : to).number, content, id]);
    };
    const told = async () => {
      const rows = await queryDatabase<{ type: string }>(both.databaseUrl, "SELECT type FROM team_events WHERE type NOT LIKE 'conversation.%' AND type NOT IN ('message.received', 'message.sent')");
      return rows.reduce<Record<string, number>>((counts, { type }) => ({ ...counts, [type]: (counts[type] ?? 0) + 1 }), {});
    };

    it('has its line in the table', () => {
      expect(Object.keys(results).sort()).toEqual(names.sort());
    });

    it.each(Object.entries(results))('%s comes to what the table says', async (name, { messages: expected = [], told: events = {}, permission, channelStatus }) => {
      const [before, toldBefore, count] = [await messages(), await told(), (await stored()).length];
      const bytes = payload(`${name}.json`);
      expect((await deliver(service, channel, bytes)).status).toBe(200);
      const row = (await settled(count + 1)).at(-1);
      expect([row?.status, row?.detail]).toEqual(['processed', null]);
      expect(Buffer.from(row?.body ?? '', row?.encoding).equals(bytes)).toBe(true);
      const fresh = (await messages()).filter(([id]) => !before.some(([known]) => known === id));
      const ids = new Map(fresh.map(([xMessageId, , , , id]) => [xMessageId, String(id)]));
      // What a message carries is at our address.
      const shown = expected.map(([id, by, participant, content]) => [id, by, participant, toShownContent(ids.get(id) ?? '', content), ids.get(id)]);
      expect(fresh.sort(([a], [b]) => a.localeCompare(b))).toEqual(shown);
      const changes = Object.entries(await told()).map(([type, n]) => [type, n - (toldBefore[type] ?? 0)] as const).filter(([, n]) => n > 0);
      expect(Object.fromEntries(changes)).toEqual(events);
      if (permission !== undefined) {
        expect(await queryDatabase(both.databaseUrl, 'SELECT permission FROM start_permissions')).toEqual([{ permission }]);
      }
      if (channelStatus !== undefined) {
        expect((await service.call(`/v1/channels/${channel.id}`)).body.status).toBe(channelStatus);
      }
    });

    it('is stored raw, and processed or set aside in sight, with any field missing, null, renamed or of a wrong type', async () => {
      const before = (await stored()).length;
      const all = names.flatMap((name) => breakEachField(name, payload(`${name}.json`).toString()));
      // Every 11th has each way as often as the others, and the other engine has other fields.
      const turn = engine.name === 'sqlite' ? 0 : 5;
      const wanted: BrokenPayload[] = BREAK_ALL ? all : all.filter((_, n) => n % 11 === turn);
      for (let from = 0; from < wanted.length; from += AT_ONCE) {
        const batch = wanted.slice(from, from + AT_ONCE);
        const answers = await Promise.all(batch.map(({ body }) => deliver(service, channel, body)));
        expect(batch.filter((_, n) => answers[n]?.status !== 200).map(({ what }) => what)).toEqual([]);
      }
      const rows = (await settled(before + wanted.length)).slice(before);
      expect(rows.filter(({ status, detail }) => (status === 'quarantined') !== (detail !== null))).toEqual([]);
      const kept = rows.map(({ body, encoding }) => Buffer.from(body, encoding).toString()).sort();
      expect(kept).toEqual(wanted.map(({ body }) => body).sort());
      const passed = new Set(rows.filter(({ status }) => status === 'processed').map(({ body, encoding }) => Buffer.from(body, encoding).toString()));
      expect(wanted.filter(({ isEssential, body }) => isEssential && passed.has(body)).map(({ what }) => what)).toEqual([]);
      // Both happen, and nothing failed over and over.
      expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['processed', 'quarantined']));
      expect(rows.filter(({ detail }) => detail?.startsWith('Failed'))).toEqual([]);
    }, BREAK_ALL ? 300_000 : 60_000);
  });
});
