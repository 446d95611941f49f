import { HOUR_MS, SECOND_MS } from '../../src/kernel/duration.js';
import type { AnswerBody } from '../e2e/answers.js';
import { queryDatabase } from '../e2e/database.js';
import { messageIn, newcomer, type Service, startService } from '../e2e/service.js';
import { eventually } from '../support/eventually.js';
import { ensureBuild } from '../support/processes.js';
import { RunningClock } from '../support/running-clock.js';
import { BackupLoad } from './backup-load.js';
import { type BackupWay, withBaseBackup, withDump, withVacuumInto } from './backup-ways.js';

jest.setTimeout(120_000);

/** By then what was under way is anybody's. */
const LEASE_IS_OVER_MS = 201_000;
const PRESSURE = 120;

const ways: [string, () => BackupWay | null][] = [
  ['SQLite with VACUUM INTO', withVacuumInto],
  ['PostgreSQL with a base backup', withBaseBackup],
  ['PostgreSQL with pg_dump', withDump],
];

describe.each(ways)('A backup of %s, taken while messages come and go', (name, createWay) => {
  const clock = new RunningClock();
  let way: BackupWay;
  let load: BackupLoad;
  let before: { accepted: string[]; received: string[] };
  let ids: { sending: string; late: string };
  let restored: string;
  let service: Service | null = null;
  let sendsBefore: number;
  let isThere = true;

  /** What there is to say of a way that this machine does not have. */
  const onlyWhereItIs = (work: () => Promise<void>) => async (): Promise<void> => {
    if (isThere) await work();
    else console.log(`${name}: not tried, this machine does not have what it takes`);
  };
  const call = async <Body = AnswerBody>(path: string, options = {}): Promise<Body> => {
    if (service === null) throw new Error('The restored service does not run');
    return (await service.call<Body>(path, options)).body;
  };
  const listAll = async (path: string): Promise<AnswerBody[]> => {
    const found: AnswerBody[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const { data, page }: AnswerBody = await call(`${path}&limit=100${next === '' ? '' : `&cursor=${next}`}`);
      found.push(...data);
      next = page.next;
    }
    return found;
  };
  const countOf = async (what: string): Promise<number> => Number((await queryDatabase<{ n: string | number }>(restored, `SELECT count(*) AS n FROM ${what}`))[0]?.n);

  beforeAll(async () => {
    await ensureBuild();
    const created = createWay();
    isThere = created !== null;
    if (created === null) return;
    way = created;
    load = await BackupLoad.start(await way.start());
    const person = newcomer(load.sandbox);
    ids = { late: await load.send('waits now, goes out later', person, { beyondAllotment: 'hold' }), sending: await load.sendWithoutAnswer() };
    load.press();
    await load.more(PRESSURE);
    before = { accepted: [...load.accepted], received: [...load.received] };
    await way.backUp();
    await load.more(PRESSURE);
    await load.stopPressing();
    await load.write(person, 'Now you may answer');
    await load.inStatus(ids.late, 'sent');
    await load.process.end('SIGKILL');
    await load.sandbox.whenIdle();
    sendsBefore = load.sandbox.ledger.sends.length;
    restored = await way.restore();
  }, 240_000);
  afterAll(async () => {
    if (!isThere) return;
    await service?.stop();
    await load.sandbox.close();
    await way.remove();
  });

  it('is whole, and of one moment: all that was acknowledged before it is there, and each thing with its event', onlyWhereItIs(async () => {
    if (restored.startsWith('sqlite:')) {
      expect(await queryDatabase(restored, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    }
    const messages = await queryDatabase<{ id: string }>(restored, 'SELECT id FROM messages');
    expect(before.accepted.filter((id) => !messages.some((message) => message.id === id))).toEqual([]);
    const stored = (await queryDatabase<{ body: string }>(restored, 'SELECT body FROM webhook_events')).map(({ body }) => body).join('\n');
    expect(before.received.filter((id) => !stored.includes(id))).toEqual([]);
    const told = (type: string): string => `NOT EXISTS (SELECT 1 FROM team_events WHERE type = '${type}' AND data LIKE '%' || messages.id || '%')`;
    expect(await countOf(`messages WHERE status = 'received' AND ${told('message.received')}`)).toBe(0);
    expect(await countOf(`messages WHERE status = 'sent' AND source = 'api' AND ${told('message.sent')}`)).toBe(0);
    expect(await countOf(`team_events WHERE position > (SELECT last_position FROM event_stream)`)).toBe(0);
    expect(await countOf("messages WHERE status = 'received'")).toBeGreaterThan(0);
    expect(await countOf("messages WHERE status = 'sent'")).toBeGreaterThan(0);
    expect(load.sandbox.ledger.sends.length).toBeGreaterThan(await countOf("messages WHERE status = 'sent'"));
  }));

  it('has nothing sent by itself when it starts with its channels paused, and calls what was on its way unknown', onlyWhereItIs(async () => {
    await way.pause(restored);
    clock.advance(LEASE_IS_OVER_MS);
    service = await startService({ databaseUrl: restored, sandboxUrl: load.sandbox.url, port: load.port, clock, env: load.env });
    await messageIn(service, ids.sending, 'unknown');
    load.sandbox.faults.remove();
    clock.advance(HOUR_MS);
    await eventually(async () => expect(await call(`/v1/messages/${ids.late}`)).toMatchObject({ status: 'held', heldBecause: 'channel-paused' }), 'it waits for a person', { withinMs: 15_000 });
    const heads = "conversations JOIN messages ON messages.id = head_id WHERE status IN ('queued', 'claimed', 'sending')";
    await eventually(async () => expect(await countOf(heads)).toBe(0), 'each queue has been looked at', { withinMs: 15_000 });
    expect(load.sandbox.ledger.sends).toHaveLength(sendsBefore);
  }));

  it('is told by X what came since, once each, with its event', onlyWhereItIs(async () => {
    const since = load.received.filter((id) => !before.received.includes(id));
    const inbound = await eventually(async () => {
      // A pass that X or a crossing transaction has stopped goes on after a minute.
      clock.advance(SECOND_MS);
      const messages = await listAll('/v1/messages?direction=inbound');
      expect(load.received.filter((id) => !messages.some(({ xMessageId }) => xMessageId === id))).toEqual([]);
      return messages;
    }, 'all is read back', { withinMs: 30_000 });
    expect(new Set(inbound.map(({ xMessageId }) => xMessageId)).size).toBe(inbound.length);
    expect(since.length).toBeGreaterThan(0);
    expect(inbound.filter(({ recovered }) => recovered).length).toBeGreaterThan(0);
    const told = (await queryDatabase<{ data: string }>(restored, "SELECT data FROM team_events WHERE type = 'message.received'")).map(({ data }) => (JSON.parse(data) as AnswerBody).xMessageId);
    expect([...told].sort()).toEqual(inbound.map(({ xMessageId }) => xMessageId).sort());
  }));

  it('sends nothing twice once what has gone out is taken back, and all of the rest', onlyWhereItIs(async () => {
    const key = ({ conversationId, content }: AnswerBody): string => `${conversationId} ${content.text}`;
    const takenByX = load.sandbox.ledger.sends.length - (await countOf("messages WHERE direction = 'outbound' AND source = 'api' AND x_message_id IS NOT NULL"));
    const elsewhere = await eventually(async () => {
      clock.advance(SECOND_MS);
      const found = (await listAll('/v1/messages?direction=outbound')).filter(({ source }) => source === 'elsewhere');
      expect(found.length).toBeGreaterThanOrEqual(takenByX - 1);
      return new Set(found.map(key));
    }, 'what was sent since is read back', { withinMs: 30_000 });
    const waiting = (await listAll('/v1/messages?direction=outbound')).filter(({ status }) => status === 'held' || status === 'queued');
    const gone = waiting.filter((message) => elsewhere.has(key(message)));
    expect(gone.map(({ id }) => id)).toContain(ids.late);
    for (const { id } of gone) await call(`/v1/messages/${id}`, { method: 'DELETE' });
    const [channel] = (await call('/v1/channels')).data;
    await call(`/v1/channels/${channel?.id}`, { method: 'PATCH', body: { paused: false } });
    for (const { id } of waiting.filter((message) => !gone.includes(message))) await messageIn(service as Service, id, 'sent');
    const fresh = await call('/v1/messages', { body: { from: channel?.account.id, to: { number: newcomer(load.sandbox) }, content: { type: 'text', text: 'after the restore' } } });
    await messageIn(service as Service, fresh.id, 'sent');
    expect(load.sentTwice).toEqual([]);
  }));
});

describe('A backup that is started without pausing its channels', () => {
  it('sends a second time what waited when it was taken and went out afterwards: hence the pause', async () => {
    await ensureBuild();
    const way = withVacuumInto();
    const load = await BackupLoad.start(await way.start());
    const person = newcomer(load.sandbox);
    const late = await load.send('waits now, goes out later', person, { beyondAllotment: 'hold' });
    await way.backUp();
    await load.write(person, 'Now you may answer');
    await load.inStatus(late, 'sent');
    await load.process.end('SIGKILL');
    load.sandbox.faults.remove();
    const clock = new RunningClock();
    clock.advance(HOUR_MS);
    const service = await startService({ databaseUrl: await way.restore(), sandboxUrl: load.sandbox.url, port: load.port, clock, env: load.env });
    try {
      await eventually(() => expect(load.sentTwice).toEqual([`${person}: waits now, goes out later`]), 'it went out again', { withinMs: 30_000 });
    } finally {
      await service.stop();
      await load.sandbox.close();
      await way.remove();
    }
  }, 60_000);
});
