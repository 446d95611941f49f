import { ofTeam } from '../../src/access/caller.js';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { ChannelDirectory } from '../../src/channels/channel-directory.service.js';
import type { Channel } from '../../src/channels/channel.js';
import { Reader } from '../../src/database/reader.service.js';
import { ConversationEntity } from '../../src/messaging/conversation/conversation.entity.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { IncomingMessages } from '../../src/messaging/incoming/incoming-messages.service.js';
import { Slots } from '../../src/messaging/outbox/claim.js';
import { Handover } from '../../src/messaging/outbox/handover.service.js';
import { OutgoingMessages } from '../../src/messaging/acceptance/outgoing-messages.service.js';
import { Sending } from '../../src/messaging/outbox/sending.service.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { NAJM } from '../e2e/cast.js';
import { NAJM_CHANNEL, type Service, startService } from '../e2e/service.js';
import { type Engine, forEachEngine, onEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { WindowModel } from './window-model.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RUNS = 60;

type Command =
  | { kind: 'wait'; ms: number }
  /** To the end of the open window, or a millisecond beside it. */
  | { kind: 'wait-for-end'; offsetMs: number }
  /** X's time of it, from now: in the past, or a little in the future. */
  | { kind: 'inbound'; offsetMs: number }
  | { kind: 'repeat-inbound'; which: number }
  | { kind: 'accept'; times: number }
  | { kind: 'dispatch'; times: number; isTaken: boolean };

/** Around the edges of the window, and on them: a generator that draws any number never meets one. */
const waits = fc.constantFrom(1, HOUR_MS, 12 * HOUR_MS, DAY_MS - 1, DAY_MS, DAY_MS + 1);
const offsets = fc.constantFrom(0, 0, -1, -1_000, -HOUR_MS, -12 * HOUR_MS, 1 - DAY_MS, -DAY_MS, -DAY_MS - 1, 1, HOUR_MS);
/** One, or enough to reach the end of an allotment in one go. */
const times = fc.constantFrom(1, 1, 1, 4, 6);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: waits }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait-for-end' as const), offsetMs: fc.constantFrom(-1, 0, 1) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('inbound' as const), offsetMs: offsets }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat-inbound' as const), which: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('accept' as const), times }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('dispatch' as const), times, isTaken: fc.boolean() }) },
);

/** The service's own parts on a real database with a real sandbox as X; the test says when a message leaves. */
class Subject {
  private conversations = 0;
  private inbounds = 0;

  private constructor(
    readonly sandbox: Sandbox,
    readonly service: Service,
    private readonly clock: ManualClock,
    private readonly channel: Channel,
  ) {}

  static async start(engine: Engine, env: Record<string, string> = {}): Promise<Subject> {
    const clock = new ManualClock();
    const sandbox = await startSandbox({ now: () => clock.now(), dailyLimits: { perUser: 1_000_000, perApp: 1_000_000 } });
    const service = await startService({ databaseUrl: await engine.createDatabaseUrl(), sandboxUrl: sandbox.url, clock, env });
    await service.app.get(Dispatcher, { strict: false }).beforeApplicationShutdown();
    await service.call('/v1/channels', { body: NAJM_CHANNEL });
    const channel = await service.app.get(ChannelDirectory, { strict: false }).getByAccount(ofTeam('default'), NAJM.id);
    return new Subject(sandbox, service, clock, channel);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.sandbox.close();
  }

  /** Carries the commands out on a conversation of their own, comparing with the model after each. */
  async compare(commands: readonly Command[]): Promise<void> {
    const screenName = `policy_${(this.conversations += 1)}`;
    const participant = this.sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: 'anyone' }).id;
    const model = new WindowModel();
    const inbounds: { id: string; at: number }[] = [];
    // What still waits at the end leaves as well, so that the next conversation starts alone.
    const all = [...commands.flatMap(repeated), ...commands.flatMap(repeated).filter(({ kind }) => kind === 'accept').map(() => LAST)];
    for (const one of all) {
      await this.carryOut(one, participant, model, inbounds);
      expect(await this.readWindow(participant)).toEqual(model.state);
    }
  }

  private async carryOut(one: Command, participant: string, model: WindowModel, inbounds: { id: string; at: number }[]): Promise<void> {
    const now = this.clock.now();
    switch (one.kind) {
      case 'wait':
        this.clock.advance(one.ms);
        return;
      case 'wait-for-end': {
        const { openedAt } = model.state;
        this.clock.set(Math.max(now, openedAt === null ? now : openedAt + DAY_MS + one.offsetMs));
        return;
      }
      case 'inbound':
        inbounds.push({ id: `2089${(this.inbounds += 1)}`, at: now + one.offsetMs });
        return this.tell(inbounds.at(-1), participant, model);
      case 'repeat-inbound':
        return this.tell(inbounds[one.which], participant, model);
      case 'accept': {
        const wanted = { from: NAJM.id, to: { number: participant }, content: { type: 'text' as const, text: 'A reply' } };
        const to = { id: participant, username: null, name: null };
        const outgoing = this.service.app.get(OutgoingMessages, { strict: false });
        const message = await outgoing.accept(this.channel, to, wanted, async (accepted) => accepted.message);
        expect(message.charge).toBe(model.accept(now) ? 'reply' : 'rate-limit');
        return;
      }
      case 'dispatch':
        model.dispatch(now, one.isTaken);
        return this.dispatch(one.isTaken);
    }
  }

  private async tell(inbound: { id: string; at: number } | undefined, participant: string, model: WindowModel): Promise<void> {
    if (inbound === undefined) {
      return;
    }
    model.inbound(inbound.id, inbound.at, this.clock.now());
    const nothingElse = { sourceAppId: null, links: [], media: null, location: null, quickReplyMetadata: null };
    const message = { xMessageId: inbound.id, createdAt: inbound.at, senderId: participant, recipientId: NAJM.id, text: 'Hello', ...nothingElse };
    await this.service.app.get(IncomingMessages, { strict: false }).record(this.channel, message, new Map());
  }

  private async dispatch(isTaken: boolean): Promise<void> {
    const [claim] = await this.service.app.get(Handover, { strict: false }).claim('att_test', new Slots(1, 1));
    if (claim === undefined) {
      return;
    }
    if (!isTaken) {
      this.sandbox.faults.add({ kind: 'status', route: 'send', times: 1, participant: null, delayMs: null, status: 403, code: 226, message: 'Looks automated', body: null });
    }
    await this.service.app.get(Sending, { strict: false }).send(claim);
  }

  private async readWindow(participantId: string): Promise<{ openedAt: number | null; used: number }> {
    const conversation = await this.service.app.get(Reader).repository(ConversationEntity).findOneBy({ participantId });
    return { openedAt: conversation?.windowOpenedAt ?? null, used: conversation?.windowUsed ?? 0 };
  }
}

const LAST: Command = { kind: 'dispatch', times: 1, isTaken: true };

function repeated(one: Command): Command[] {
  return 'times' in one ? Array.from({ length: one.times }, () => one) : [one];
}

const property = (subject: Subject) => fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 16 }), (commands) => subject.compare(commands));

describe('The stored reply window', () => {
  forEachEngine((engine) => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await Subject.start(engine);
    });
    afterAll(() => subject.stop());

    it('is the one of the rule after any sequence of inbound messages, sends and failures', async () => {
      await fc.assert(property(subject), { numRuns: RUNS });
    }, 120_000);

    it('counts a reply that X dates after an inbound message of which we learn late', async () => {
      await subject.compare([
        { kind: 'accept', times: 1 },
        { kind: 'dispatch', times: 1, isTaken: true },
        { kind: 'wait', ms: HOUR_MS },
        { kind: 'inbound', offsetMs: -HOUR_MS },
        { kind: 'accept', times: 1 },
      ]);
    });

    it('does not give a failed reply back to the window that came after its own', async () => {
      await subject.compare([
        { kind: 'inbound', offsetMs: 0 },
        { kind: 'accept', times: 1 },
        { kind: 'wait', ms: DAY_MS },
        { kind: 'inbound', offsetMs: 0 },
        { kind: 'dispatch', times: 1, isTaken: false },
        { kind: 'accept', times: 1 },
      ]);
    });
  });

  onEngine('sqlite', (engine) => {
    const folders: string[] = [];
    afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

    /** The service with another number in its rule. */
    async function startWithRule(from: string, to: string): Promise<Subject> {
      const folder = mkdtempSync(join(tmpdir(), 'dm-channel-rule-'));
      folders.push(folder);
      cpSync(resolve('config'), folder, { recursive: true });
      const file = join(folder, 'rate-policies.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to));
      return Subject.start(engine, { CONFIG_DIR: folder });
    }

    it.each([
      ['six replies instead of five', 'allotment: 5', 'allotment: 6'],
      ['four replies instead of five', 'allotment: 5', 'allotment: 4'],
      ['a window that is a millisecond longer', 'windowMs: 86400000\n      source: https://blog', 'windowMs: 86400001\n      source: https://blog'],
      ['a window that is a millisecond shorter', 'windowMs: 86400000\n      source: https://blog', 'windowMs: 86399999\n      source: https://blog'],
    ])('control: the same check finds %s', async (_, from, to) => {
      const subject = await startWithRule(from, to);
      try {
        const result = await fc.check(property(subject), { numRuns: 3 * RUNS, endOnFailure: true });
        expect(result.failed).toBe(true);
      } finally {
        await subject.stop();
      }
    }, 120_000);
  });
});
