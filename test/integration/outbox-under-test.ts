import type { EntityManager } from 'typeorm';
import type { Channel } from '../../src/channels/channel.js';
import { Channels } from '../../src/channels/channels.service.js';
import { RowWrites } from '../../src/database/rows.service.js';
import { SECOND_MS } from '../../src/kernel/duration.js';
import { Conversations } from '../../src/messaging/conversation/conversations.service.js';
import { MessageEntity } from '../../src/messaging/message/message.entity.js';
import { OutgoingMessages } from '../../src/messaging/acceptance/outgoing-messages.service.js';
import { type Claim, Slots } from '../../src/messaging/outbox/claim.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { LostClaims } from '../../src/messaging/outbox/lost-claims.service.js';
import { Outbox } from '../../src/messaging/outbox/outbox.service.js';
import { Settlement } from '../../src/messaging/outbox/settlement.service.js';
import { FIBRE, NAJM } from '../e2e/cast.js';
import { queryDatabase } from '../e2e/database.js';
import { FIBRE_CHANNEL, NAJM_CHANNEL } from '../e2e/service.js';
import type { Engine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { type Storage, startStorage } from './storage.js';

const MANY = 1_000;

/** The service with nobody who dispatches: the test claims and settles. */
export class OutboxUnderTest {
  readonly clock = new ManualClock();
  readonly channels: Channel[] = [];
  private texts = 0;

  constructor(readonly storages: readonly Storage[]) {}

  static async start(engine: Engine, instances: number): Promise<OutboxUnderTest> {
    const databaseUrl = await engine.createDatabaseUrl();
    const storages: Storage[] = [];
    const outbox = new OutboxUnderTest(storages);
    for (let n = 0; n < instances; n += 1) {
      const storage = await startStorage(engine, { databaseUrl, clock: outbox.clock });
      await storage.service.app.get(Dispatcher, { strict: false }).beforeApplicationShutdown();
      storages.push(storage);
    }
    for (const [wanted, id] of [[NAJM_CHANNEL, NAJM.id], [FIBRE_CHANNEL, FIBRE.id]] as const) {
      const declared = { ...wanted, team: 'default', isDeclaredInConfig: false, eventsApi: 'account-activity-premium' as const, messagesApi: 'v1.1' as const };
      outbox.channels.push(await outbox.get(Channels).create(declared, { id, username: 'brand', name: 'Brand', accessLevel: 'read-write-directmessages' }));
    }
    return outbox;
  }

  get<Part>(part: abstract new (...args: never[]) => Part, instance = 0): Part {
    return (this.storages[instance] as Storage).service.app.get<Part>(part, { strict: false });
  }

  /** A message to a participant whose window is open, in one of the channels. */
  async accept(number: string, channelIndex = 0, isStart = false): Promise<string> {
    const channel = this.channels[channelIndex] as Channel;
    const participant = { id: number, username: null, name: null };
    const { unitOfWork } = this.storages[0] as Storage;
    await unitOfWork.run(async (manager) => {
      const conversation = await this.get(Conversations).lock(channel, participant);
      await manager.query(`UPDATE conversations SET window_opened_at = ${isStart ? 'NULL' : this.clock.now() - SECOND_MS}, window_used = 0 WHERE id = '${conversation.id}'`);
      if (isStart) {
        await manager.query(`DELETE FROM start_permissions`);
        await manager.query(`INSERT INTO start_permissions (channel_id, participant_id, permission, said_at) VALUES ('${channel.id}', '${number}', 'allowed', ${this.clock.now()})`);
      }
    });
    const wanted = { from: channel.accountId, to: { number }, content: { type: 'text' as const, text: `text ${(this.texts += 1)}` } };
    const outgoing = this.get(OutgoingMessages);
    return outgoing.accept(channel, participant, wanted, async ({ message }) => message.id);
  }

  claim(slots = new Slots(MANY, MANY), owner = 'att_me', instance = 0, changed: ReadonlyMap<string, unknown> = new Map()): Promise<Claim[]> {
    const { unitOfWork } = this.storages[instance] as Storage;
    return unitOfWork.run(async (manager) => {
      const writes = new RowWrites(manager);
      const claims = await this.get(Outbox, instance).claim(writes, owner, slots, changed);
      await writes.flush();
      return claims;
    });
  }

  /** Hands over what is claimed as far as `sending`; false when the claim does not hold. */
  begin(claim: Claim, instance = 0): Promise<boolean> {
    return this.under(claim, instance, async (outbox, manager, conversation) => {
      const claimed = await manager.findOneByOrFail(MessageEntity, { id: claim.messageId });
      const message = outbox.findClaimed({ conversations: new Map([[conversation.id, conversation]]), messages: new Map([[claimed.id, claimed]]) }, claim);
      const writes = new RowWrites(manager);
      outbox.begin(writes, message === null ? [] : [{ message, claim, parties: { channel: this.channels[0] as Channel } }]);
      await writes.flush();
      return message !== null;
    });
  }

  async settleSent(claim: Claim, xMessageId: string, instance = 0): Promise<void> {
    await this.under(claim, instance, async (_outbox, manager, conversation) => {
      const message = await manager.findOneByOrFail(MessageEntity, { id: claim.messageId });
      const sent = { xMessageId, createdAt: this.clock.now(), limits: [] };
      const writes = new RowWrites(manager);
      await this.get(Settlement, instance).markSent(writes, [{ channel: this.channels[0] as Channel, conversation, message, sent }], [], 'echo');
      await writes.flush();
    });
  }

  async putBack(claim: Claim, until: number): Promise<void> {
    await this.under(claim, 0, async (outbox, manager) => {
      await outbox.putBack(manager, await manager.findOneByOrFail(MessageEntity, { id: claim.messageId }), until, null);
    });
  }

  async change(messageId: string, columns: string): Promise<void> {
    const { unitOfWork } = this.storages[0] as Storage;
    await unitOfWork.run(async (manager) => {
      await manager.query(`UPDATE messages SET ${columns} WHERE id = '${messageId}'`);
      const { conversationId } = await manager.findOneByOrFail(MessageEntity, { id: messageId });
      await this.get(Outbox).turnNow(manager, conversationId);
    });
  }

  lose(isAlone = false): Promise<{ requeued: number; unknown: number }> {
    return this.get(LostClaims).settle(isAlone);
  }

  query<Row>(statement: string): Promise<Row[]> {
    return queryDatabase<Row>((this.storages[0] as Storage).databaseUrl, statement);
  }

  async stop(): Promise<void> {
    await Promise.all(this.storages.map(({ service }) => service.stop()));
  }

  private under<Result>(
    { conversationId }: Claim,
    instance: number,
    act: (outbox: Outbox, manager: EntityManager, conversation: Awaited<ReturnType<Conversations['lockById']>>) => Promise<Result>,
  ): Promise<Result> {
    const { unitOfWork } = this.storages[instance] as Storage;
    return unitOfWork.run(async (manager) => act(this.get(Outbox, instance), manager, await this.get(Conversations, instance).lockById(manager, conversationId)));
  }
}
