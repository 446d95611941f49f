import { RecoveryJob } from '../../src/messaging/recovery/recovery.job.js';
import { type Both, connectNajm, fault, startBoth } from '../e2e/service.js';
import { NAJM } from '../e2e/cast.js';
import { countRows, queryDatabase } from '../e2e/database.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';

/** MISSED_MESSAGES: how many the webhook does not tell of. */
const MISSED = Number(process.env['MISSED_MESSAGES'] ?? 5_000);
// Half a minute for five thousand; many times that on a busy machine.
jest.setTimeout(120_000 + MISSED * 60);

const DAYS = 29;
const PARTICIPANTS = 120;
const HOUR_MS = 3_600_000;
const STEP_MS = HOUR_MS / 4;
const STEPS = DAYS * 24 * 4;
const BY_HAND = Object.fromEntries(['RECOVERY', 'SUBSCRIPTION_CHECK', 'EXPIRED_WINDOWS', 'UNKNOWN_MESSAGES', 'WEBHOOK_BACKLOG', 'CLEAN_UP'].map((name) => [`TWITTER_CHANNEL__TIMETABLE__${name}_MS`, '1728000000']));

/** Numbers that look random, the same in each run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

interface Outcome {
  /** X's ids of everything that was said. */
  said: string[];
  /** X's ids of what the service has, in the order of X's times; one that is there twice comes twice. */
  known: string[];
  /** Of those dropped, how many X never told of later. */
  untold: number;
  dropped: number;
  refused: number;
  reads: number;
  windowsWrong: number;
}

async function live(missed: number, { isRecovering }: { isRecovering: boolean }): Promise<Outcome> {
  const clock = new ManualClock();
  const both: Both = await startBoth({ clock, env: BY_HAND, x: { documentedWindows: true } });
  const { sandbox, service } = both;
  try {
    await connectNajm(service);
    const random = sequence(20_261_126);
    const people = Array.from({ length: PARTICIPANTS }, (_, n) => sandbox.people.addParticipant({ name: `Person ${n}`, screenName: `person_${n}` }).id);
    const said: string[] = [];
    const untold = new Set<string>();
    let dropped = 0;
    for (let step = 0; step < STEPS; step += 1) {
      for (; dropped < (missed * (step + 1)) / STEPS; clock.advance(Math.floor(random() * 1_000))) {
        const person = people[Math.floor(random() * people.length)] as string;
        const isDropped = random() < 0.8;
        const [from, role, to] = random() < 0.15 ? ([NAJM.id, 'brand', person] as const) : ([person, 'participant', NAJM.id] as const);
        const { eventId } = await sandbox.conversations.write(from, role, { to, text: `message ${said.length}`, deliver: isDropped ? false : random() < 0.2 ? 'twice' : true });
        said.push(eventId);
        dropped += isDropped ? 1 : 0;
        if (isDropped) untold.add(eventId);
        // X tells of some of them a day late, when they are recovered long since.
        const late = random() < 0.02 ? said[said.length - 400] : undefined;
        if (late !== undefined) {
          await sandbox.conversations.redeliver(late);
          untold.delete(late);
        }
      }
      if (random() < 0.03) fault(sandbox, { route: 'list', kind: random() < 0.5 ? 'reset-after' : '429' });
      clock.set(Date.UTC(2026, 0, 15, 12) + (step + 1) * STEP_MS);
      await (isRecovering ? service.app.get(RecoveryJob).run() : undefined);
      if (step % (24 * 4) === 0) process.stderr.write(`day ${step / 96}: ${said.length} messages, ${dropped} not told of\n`);
    }
    for (let n = 0; isRecovering && n < 12; n += 1) {
      clock.advance(STEP_MS);
      await service.app.get(RecoveryJob).run();
    }
    return { said, untold: untold.size, dropped, ...(await compare(both)) };
  } finally {
    await both.stop();
  }
}

async function compare({ sandbox, databaseUrl }: Both): Promise<Omit<Outcome, 'said' | 'untold' | 'dropped'>> {
  await sandbox.whenIdle();
  await eventually(async () => expect(await countRows(databaseUrl, "webhook_events WHERE status = 'received'")).toBe(0), 'all that X told is processed');
  const rows = await queryDatabase<{ x_message_id: string }>(databaseUrl, 'SELECT x_message_id FROM messages ORDER BY x_created_at, x_message_id');
  const windows = await queryDatabase<{ participant_id: string; window_opened_at: number | string | null }>(databaseUrl, 'SELECT participant_id, window_opened_at FROM conversations');
  const lists = sandbox.ledger.requests.filter(({ path }) => path.includes('events/list'));
  const wrong = windows.filter(({ participant_id: person, window_opened_at: openedAt }) => {
    const last = sandbox.conversations.view(NAJM.id, person).messages.filter(({ senderId }) => senderId === person).at(-1);
    return Number(openedAt ?? -1) !== (last?.createdAt ?? -1);
  });
  return {
    known: rows.map((row) => row.x_message_id),
    refused: lists.filter(({ status, fault: injected }) => status === 429 && injected === null).length,
    reads: lists.length,
    windowsWrong: wrong.length,
  };
}

describe('Messages that the webhook does not tell of, over 29 days', () => {
  it('are all recovered, none twice, within X’s limit of reads, and the windows are X’s', async () => {
    const { said, known, dropped, refused, reads, windowsWrong } = await live(MISSED, { isRecovering: true });
    process.stderr.write(`${said.length} messages, ${dropped} of them not told of; ${known.length} known; ${reads} reads of X's history, ${refused} refused\n`);
    expect(dropped).toBeGreaterThanOrEqual(MISSED);
    expect(new Set(known).size).toBe(known.length);
    expect([...known].sort()).toEqual([...said].sort());
    expect([refused, windowsWrong]).toEqual([0, 0]);
  });

  it('control: without the job they are missing', async () => {
    const { said, known, untold } = await live(1_000, { isRecovering: false });
    expect(untold).toBeGreaterThan(900);
    expect(said.length - known.length).toBe(untold);
  });
});
