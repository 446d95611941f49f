import fc from 'fast-check';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/duration.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { PlainEvents } from '../../src/webhook/plain-events.service.js';
import { WebhookInbox } from '../../src/webhook/webhook-inbox.service.js';
import { WebhookProcessor } from '../../src/webhook/webhook-processor.service.js';
import { NAJM } from '../e2e/cast.js';
import { queryDatabase } from '../e2e/database.js';
import { type Both, connectNajm, startBoth, textTo } from '../e2e/service.js';
import { type Engine, forEachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';

const PEOPLE = 4;

/** Something that X tells, or that a team asks for. */
type Step =
  | { kind: 'inbound'; person: number; agoMs: number; name: string | null }
  | { kind: 'echo' | 'typing' | 'read' | 'reply' | 'erase'; person: number; agoMs: number }
  | { kind: 'repeat'; which: number }
  | { kind: 'later'; ms: number };

const person = fc.nat(PEOPLE - 1);
const agoMs = fc.constantFrom(0, 0, 0, 1, 1, 2, MINUTE_MS, HOUR_MS, DAY_MS + 1, -MINUTE_MS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('inbound' as const), person, agoMs, name: fc.constantFrom(null, 'Rania', 'Omar\u0000') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('echo' as const, 'typing' as const, 'read' as const, 'reply' as const, 'reply' as const, 'erase' as const), person, agoMs }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('later' as const), ms: fc.constantFrom(1, MINUTE_MS, DAY_MS) }) },
);

/** A service that takes in what it is told, and processes it when it is asked to. */
class Subject {
  private constructor(
    private readonly both: Both,
    private readonly clock: ManualClock,
    private readonly channelId: string,
    private readonly webhookKey: string,
  ) {}

  static async start(engine: Engine, areTogether: boolean): Promise<Subject> {
    const clock = new ManualClock(1_790_000_000_000);
    const both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl() });
    const { id, webhookUrl } = await connectNajm(both.service);
    await both.service.app.get(Dispatcher, { strict: false }).beforeApplicationShutdown();
    if (!areTogether) {
      both.service.app.get(PlainEvents, { strict: false }).process = () => Promise.resolve({ processed: new Set(), left: new Set() });
    }
    return new Subject(both, clock, id, new URL(String(webhookUrl)).pathname.split('/').at(-1) ?? '');
  }

  stop(): Promise<void> {
    return this.both.stop();
  }

  /** Carries the steps out with people of their own, whose ids begin so; the events between two of ours are one backlog. */
  async carryOut(steps: readonly Step[], prefix: string): Promise<unknown> {
    const inbox = this.both.service.app.get(WebhookInbox, { strict: false });
    const bodies: string[] = [];
    for (const [n, one] of steps.entries()) {
      if (one.kind === 'later' || one.kind === 'reply' || one.kind === 'erase') {
        await this.processAll();
        if (one.kind === 'later') this.clock.advance(one.ms);
        else if (one.kind === 'erase') await this.both.service.call(`/v1/participants/${this.channelId}/${prefix}${one.person}`, { method: 'DELETE' });
        else await this.both.service.call('/v1/messages', { body: { ...textTo(`Reply ${n}`, `${prefix}${one.person}`), beyondAllotment: one.agoMs === 0 ? 'count' : 'hold' } });
        continue;
      }
      const body = one.kind === 'repeat' ? bodies[one.which] : this.bodyOf(one, `${prefix}${n}`, `${prefix}${one.person}`);
      if (body !== undefined) {
        bodies.push(body);
        await inbox.store(this.webhookKey, Buffer.from(body));
      }
    }
    await this.processAll();
    return this.outcome(prefix);
  }

  private async processAll(): Promise<void> {
    await this.both.service.app.get(WebhookProcessor, { strict: false }).processBacklog();
  }

  private bodyOf(one: Exclude<Step, { kind: 'repeat' | 'later' }>, id: string, participant: string): string {
    const at = String(this.clock.now() - one.agoMs);
    const [sender, recipient] = one.kind === 'echo' ? [NAJM.id, participant] : [participant, NAJM.id];
    const people = one.kind === 'inbound' && one.name !== null ? { users: { [participant]: { id: participant, screen_name: one.name, name: one.name } } } : {};
    const news = {
      inbound: { direct_message_events: [{ type: 'message_create', id, created_timestamp: at, message_create: { target: { recipient_id: recipient }, sender_id: sender, message_data: { text: `Text ${id}` } } }] },
      echo: { direct_message_events: [{ type: 'message_create', id, created_timestamp: at, message_create: { target: { recipient_id: recipient }, sender_id: sender, message_data: { text: `Text ${id}` } } }] },
      typing: { direct_message_indicate_typing_events: [{ created_timestamp: at, sender_id: sender, target: { recipient_id: recipient } }] },
      read: { direct_message_mark_read_events: [{ created_timestamp: at, sender_id: sender, target: { recipient_id: recipient }, last_read_event_id: id }] },
      reply: {},
      erase: {},
    }[one.kind];
    return JSON.stringify({ for_user_id: NAJM.id, ...news, ...people });
  }

  /** All that came of it, by what X calls it: our own ids are made anew each time. */
  private async outcome(prefix: string): Promise<unknown> {
    const query = (sql: string) => queryDatabase<Record<string, unknown>>(this.both.databaseUrl, sql);
    const of = `JOIN conversations c ON c.id = t.conversation_id WHERE c.participant_id LIKE '${prefix}%' ORDER BY c.participant_id`;
    const events = await query(`SELECT c.participant_id, t.type, t.sequence, t.occurred_at, t.data FROM team_events t ${of}, t.sequence`);
    return {
      conversations: await query(`SELECT participant_id, participant_username, participant_name, window_opened_at, window_used, window_closed_at, last_seq, last_message_at, read_at FROM conversations WHERE participant_id LIKE '${prefix}%' ORDER BY participant_id`),
      messages: await query(`SELECT c.participant_id, t.seq, t.direction, t.source, t.status, t.charge, t.charged_window, t.held_because, t.x_message_id, t.x_created_at, t.created_at, t.content FROM messages t ${of}, t.seq`),
      events: events.map((event) => JSON.stringify(event).replace(/(msg|cnv|chn)_[0-9a-z]{26}/g, '$1')),
      waiting: await query("SELECT id FROM webhook_events WHERE status = 'received'"),
    };
  }
}

describe('Events that are processed together', () => {
  forEachEngine((engine) => {
    it('have the effects that they have one by one', async () => {
      const [together, oneByOne] = [await Subject.start(engine, true), await Subject.start(engine, false)];
      let runs = 0;
      try {
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 25 }), async (steps) => {
            const prefix = String(5_000_000 + (runs += 1));
            expect(await together.carryOut(steps, prefix)).toEqual(await oneByOne.carryOut(steps, prefix));
          }),
          {
            numRuns: engine.name === 'sqlite' ? 100 : 50,
            endOnFailure: true,
            // A time in the future counts as now, also for an erasure of this moment.
            examples: [[[{ kind: 'erase', person: 1, agoMs: 0 }, { kind: 'inbound', person: 0, agoMs: 0, name: null }, { kind: 'inbound', person: 1, agoMs: -MINUTE_MS, name: null }]]],
          },
        );
      } finally {
        await together.stop();
        await oneByOne.stop();
      }
    }, 240_000);
  });
});
