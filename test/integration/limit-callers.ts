import { ofTeam } from '../../src/access/caller.js';
import { In } from 'typeorm';
import { ChannelDirectory } from '../../src/channels/channel-directory.service.js';
import type { Channel } from '../../src/channels/channel.js';
import { UnitOfWork } from '../../src/database/unit-of-work.service.js';
import { ConversationEntity } from '../../src/messaging/conversation/conversation.entity.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { IncomingMessages } from '../../src/messaging/incoming/incoming-messages.service.js';
import { MessageEntity } from '../../src/messaging/message/message.entity.js';
import { OutgoingMessages } from '../../src/messaging/acceptance/outgoing-messages.service.js';
import { LimitUseEntity, NOT_YET } from '../../src/rate-policy/limit-use.entity.js';
import { FIBRE, NAJM } from '../e2e/cast.js';
import { FIBRE_CHANNEL, NAJM_CHANNEL, type Service, startService } from '../e2e/service.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import type { ManualClock } from '../support/manual-clock.js';

const DAY_MS = 86_400_000;

export interface CallersOptions {
  databaseUrl: string;
  clock: ManualClock;
  env: Record<string, string>;
  /** How many services share the database. */
  instances: number;
}

/** One caller of a round: as whom it sends, and to whom. */
export interface Call {
  channel: Channel;
  to: string;
}

/** Callers who all want to send at once, at one service or at several on one database. Nothing leaves: no dispatcher runs. */
export class LimitCallers {
  private inbounds = 0;

  private constructor(
    readonly services: readonly Service[],
    readonly najm: Channel,
    readonly fibre: Channel,
    private readonly sandbox: Sandbox,
    private readonly clock: ManualClock,
  ) {}

  static async start({ databaseUrl, clock, env, instances }: CallersOptions): Promise<LimitCallers> {
    const sandbox = await startSandbox({ now: () => clock.now() });
    const services: Service[] = [];
    for (let n = 0; n < instances; n += 1) {
      const service = await startService({ databaseUrl, sandboxUrl: sandbox.url, clock, env });
      await service.app.get(Dispatcher, { strict: false }).beforeApplicationShutdown();
      services.push(service);
    }
    const [first] = services as [Service];
    await first.call('/v1/channels', { body: NAJM_CHANNEL });
    await first.call('/v1/channels', { body: FIBRE_CHANNEL });
    const directory = first.app.get(ChannelDirectory, { strict: false });
    const channels = [await directory.getByAccount(ofTeam('default'), NAJM.id), await directory.getByAccount(ofTeam('default'), FIBRE.id)] as const;
    return new LimitCallers(services, ...channels, sandbox, clock);
  }

  async stop(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
    await this.sandbox.close();
  }

  /** The participant writes, now. */
  async hear(channel: Channel, participant: string): Promise<void> {
    const nothingElse = { sourceAppId: null, links: [], media: null, location: null, quickReplyMetadata: null };
    const message = { xMessageId: `2089${(this.inbounds += 1)}`, createdAt: this.clock.now(), senderId: participant, recipientId: channel.accountId, text: 'Hello', ...nothingElse };
    await this.get(IncomingMessages).record(channel, message, new Map());
  }

  /** Participants who wrote to the channel once, so long ago that their windows are over. */
  async oldParticipants(channel: Channel, count: number): Promise<string[]> {
    const participants = Array.from({ length: count }, (_, n) => `77${channel.accountId.slice(0, 8)}${n}`);
    for (const participant of participants) {
      await this.hear(channel, participant);
    }
    this.clock.advance(2 * DAY_MS);
    return participants;
  }

  /** All at once, spread over the services. Gives the messages as they were accepted. */
  acceptAll(calls: readonly Call[]): Promise<MessageEntity[]> {
    return Promise.all(
      calls.map(async ({ channel, to }, n) => {
        const outgoing = (this.services[n % this.services.length] as Service).app.get(OutgoingMessages, { strict: false });
        const participant = { id: to, username: null, name: null };
        const wanted = { from: channel.accountId, to: { number: to }, content: { type: 'text' as const, text: 'At once' } };
        const message = await outgoing.accept(channel, participant, wanted, async (accepted) => accepted.message);
        return message;
      }),
    );
  }

  /** The round is over: X took some of the messages now, refused others, and what waits does so no more. */
  async settleAll(taken: readonly MessageEntity[], refused: readonly MessageEntity[]): Promise<void> {
    await this.get(UnitOfWork).run(async (manager) => {
      await manager.update(LimitUseEntity, { messageId: In(taken.map(({ id }) => id)) }, { countedAt: this.clock.now() });
      await manager.delete(LimitUseEntity, { countedAt: NOT_YET });
      const replies = refused.filter(({ charge }) => charge === 'reply').length;
      await manager.decrement(ConversationEntity, { id: refused[0]?.conversationId ?? '' }, 'windowUsed', replies);
      await manager.createQueryBuilder().delete().from(MessageEntity).execute();
    });
  }

  get<Part>(part: abstract new (...args: never[]) => Part): Part {
    return (this.services[0] as Service).app.get(part, { strict: false });
  }
}
