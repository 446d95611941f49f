import type { Channel } from '../../src/channels/channel.js';
import { rowsBy } from '../../src/database/rows.service.js';
import { UnitOfWork } from '../../src/database/unit-of-work.service.js';
import { ConversationEntity } from '../../src/messaging/conversation/conversation.entity.js';
import { Conversations } from '../../src/messaging/conversation/conversations.service.js';
import type { MessageEntity } from '../../src/messaging/message/message.entity.js';
import { LimitBook, type LimitParties } from '../../src/rate-policy/limit-book.service.js';
import { queryDatabase } from '../e2e/database.js';
import { type Engine, forEachEngine, onEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { type ChangedNumbers, ChangedRules } from './changed-rules.js';
import { type Call, LimitCallers } from './limit-callers.js';
import { seededFractions } from './limit-storm.js';

/** LIMIT_ROUNDS=200 is the long form. */
const ROUNDS = Number(process.env['LIMIT_ROUNDS'] ?? 50);
const CONTROL_ROUNDS = 10;
const CALLERS = 40;
const LIMIT = 7;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SPANS_MS = [1, HOUR_MS, 12 * HOUR_MS, DAY_MS - 1, DAY_MS, DAY_MS + 1];

/** What the rounds came to, in messages. */
interface Grants {
  granted: number;
  /** Granted beyond what was free. */
  over: number;
  /** Free, asked for and not granted. */
  under: number;
  /** Neither granted nor what a message beyond is to be. */
  strange: number;
}

/** One kind of limit, and what the callers of a round ask of it. */
interface Contest {
  name: string;
  numbers: ChangedNumbers;
  prepare(callers: LimitCallers): Promise<Call[]>;
  /** What comes before the callers. Gives how much is free for each channel at least and for all together. */
  begin(callers: LimitCallers, random: () => number, clock: ManualClock): Promise<Free>;
  isGranted(message: MessageEntity): boolean;
  isBeyond(message: MessageEntity): boolean;
  /** X has taken these, and not those. */
  note(taken: readonly MessageEntity[], refused: readonly MessageEntity[], clock: ManualClock): void;
}

interface Free {
  inAll: number;
  /** What nobody can take from a channel. */
  sure: Map<string, number>;
}

function windowContest(): Contest {
  const participant = '84391207';
  let used = 0;
  return {
    name: 'the reply window',
    numbers: { allotment: LIMIT },
    prepare: async (callers) => {
      await callers.hear(callers.najm, participant);
      return Array.from({ length: CALLERS }, () => ({ channel: callers.najm, to: participant }));
    },
    begin: async (callers, random, clock) => {
      clock.advance(HOUR_MS);
      if (random() < 0.7) {
        await callers.hear(callers.najm, participant);
        used = 0;
      }
      return { inAll: LIMIT - used, sure: new Map() };
    },
    isGranted: ({ charge }) => charge === 'reply',
    isBeyond: ({ charge, status }) => charge === 'rate-limit' && status === 'queued',
    note: (taken) => void (used += taken.length),
  };
}

/** A contest for one of X's 24-hour limits: what counts is what X took within the last 24 hours. */
function dayContest(name: string, numbers: ChangedNumbers, channelsOf: (callers: LimitCallers) => Channel[]): Contest {
  const times: { channelId: string; at: number }[] = [];
  return {
    name,
    numbers,
    prepare: async (callers) => {
      const channels = channelsOf(callers);
      const count = CALLERS / channels.length;
      const calls: Call[] = [];
      for (const channel of channels) {
        calls.push(...(await callers.oldParticipants(channel, count)).map((to) => ({ channel, to })));
      }
      return calls;
    },
    begin: async (callers, random, clock) => {
      clock.advance(SPANS_MS[Math.floor(random() * SPANS_MS.length)] as number);
      const counted = times.filter(({ at }) => at > clock.now() - DAY_MS);
      const inAll = LIMIT - counted.length;
      const channels = channelsOf(callers);
      const share = Math.floor(LIMIT / channels.length);
      const sureOf = ({ id }: Channel): number => Math.min(inAll, Math.max(0, share - counted.filter(({ channelId }) => channelId === id).length));
      return { inAll, sure: new Map(channels.map((channel) => [channel.id, sureOf(channel)])) };
    },
    isGranted: ({ charge, status }) => charge === 'rate-limit' && status === 'queued',
    isBeyond: ({ charge, status, heldBecause }) => charge === null && status === 'held' && heldBecause === 'rate-limit',
    note: (taken, _refused, clock) => void times.push(...taken.map(({ channelId }) => ({ channelId, at: clock.now() }))),
  };
}

const CONTESTS = [
  windowContest,
  () => dayContest('the account’s limit', { accountLimit: LIMIT }, ({ najm }) => [najm]),
  () => dayContest('the app’s limit, shared by two channels', { appLimit: LIMIT }, ({ najm, fibre }) => [najm, fibre]),
].map((make) => ({ name: make().name, make }));

async function hold(contest: Contest, callers: LimitCallers, calls: readonly Call[], clock: ManualClock, rounds: number): Promise<Grants> {
  const random = seededFractions(contest.name);
  const grants: Grants = { granted: 0, over: 0, under: 0, strange: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const free = await contest.begin(callers, random, clock);
    const messages = await callers.acceptAll(calls);
    const granted = messages.filter((message) => contest.isGranted(message));
    const missing = [...free.sure].map(([id, sure]) => sure - granted.filter(({ channelId }) => channelId === id).length);
    grants.granted += granted.length;
    grants.over += Math.max(0, granted.length - free.inAll);
    grants.under += Math.max(0, free.inAll - granted.length, ...missing);
    grants.strange += messages.filter((message) => !contest.isGranted(message) && !contest.isBeyond(message)).length;
    // X takes some and refuses the others, so that from round to round another number is free.
    const taken = Math.floor(random() * (granted.length + 1));
    const refused = granted.slice(taken);
    await callers.settleAll(granted.slice(0, taken), refused);
    contest.note(granted.slice(0, taken), refused, clock);
  }
  return grants;
}

describe(`${CALLERS} callers at once, ${ROUNDS} times`, () => {
  const rules = new ChangedRules();
  afterAll(() => rules.removeAll());

  async function run(engine: Engine, contest: Contest, rounds: number, tamper: (callers: LimitCallers, databaseUrl: string) => Promise<void> = async () => undefined): Promise<Grants> {
    const clock = new ManualClock();
    const databaseUrl = await engine.createDatabaseUrl();
    const instances = engine.name === 'postgres' ? 4 : 1;
    const callers = await LimitCallers.start({ databaseUrl, clock, env: rules.env(contest.numbers), instances });
    try {
      const calls = await contest.prepare(callers);
      await tamper(callers, databaseUrl);
      return await hold(contest, callers, calls, clock, rounds);
    } finally {
      await callers.stop();
    }
  }

  forEachEngine((engine) => {
    it.each(CONTESTS)('are granted exactly what is free of $name', async ({ make }) => {
      const grants = await run(engine, make(), ROUNDS);
      expect(grants).toMatchObject({ over: 0, under: 0, strange: 0 });
      // Neither always nothing nor always everything was free.
      expect(grants.granted).toBeGreaterThan(ROUNDS);
      expect(grants.granted).toBeLessThan(ROUNDS * LIMIT);
    }, 60_000 + ROUNDS * 1_000);
  });

  // On SQLite units of work run one at a time, so that there a lock that is missing changes nothing.
  onEngine('postgres', (engine) => {
    it.each(CONTESTS)('control: with a read in place of the lock they are granted more than is free of $name', async ({ make }) => {
      const grants = await run(engine, make(), CONTROL_ROUNDS, takeLocksAway);
      expect(grants.over).toBeGreaterThan(0);
    }, 60_000);
  });
});

/** Everything is read and decided as before, and nobody waits for anybody. */
async function takeLocksAway({ services }: LimitCallers, databaseUrl: string): Promise<void> {
  for (const { app } of services) {
    const unitOfWork = app.get(UnitOfWork);
    const book = app.get(LimitBook, { strict: false });
    book.lock = (parties: LimitParties) => unitOfWork.run((manager) => book.read(manager, parties));
    const conversations = app.get(Conversations, { strict: false });
    conversations.toLock = (keys) => rowsBy(ConversationEntity, keys);
  }
  // Two that took one place in the conversation would be refused by it, before they are seen to have taken one reply.
  await queryDatabase(databaseUrl, 'DROP INDEX messages_in_order');
}
