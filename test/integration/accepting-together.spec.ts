/** Messages that come at the same time are accepted in one round, and each comes to what it would come to by itself. */
import { In } from 'typeorm';
import type { Channel } from '../../src/channels/channel.js';
import { Channels } from '../../src/channels/channels.service.js';
import { HOUR_MS } from '../../src/kernel/duration.js';
import { Acceptance } from '../../src/messaging/acceptance/acceptance.service.js';
import { OutgoingMessages } from '../../src/messaging/acceptance/outgoing-messages.service.js';
import { ConversationEntity } from '../../src/messaging/conversation/conversation.entity.js';
import { Conversations } from '../../src/messaging/conversation/conversations.service.js';
import { MessageEntity } from '../../src/messaging/message/message.entity.js';
import { Dispatcher } from '../../src/messaging/outbox/dispatcher.service.js';
import { StartPermissions } from '../../src/rate-policy/start-permissions.service.js';
import { FIBRE, NAJM } from '../e2e/cast.js';
import { FIBRE_CHANNEL, NAJM_CHANNEL } from '../e2e/service.js';
import { forEachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { type Storage, startStorage } from './storage.js';

interface Wanted {
  to: string;
  text: string;
  channel?: Channel;
  beyondAllotment?: 'count' | 'hold' | 'refuse';
  alongside?: () => Promise<void>;
}

describe('Accepting messages that come at the same time', () => {
  forEachEngine((engine) => {
    const clock = new ManualClock();
    let storage: Storage;
    let [najm, fibre] = [{} as Channel, {} as Channel];
    /** How many were in each round. */
    const rounds: number[] = [];
    let participants = 84_000_000;

    const get = <Part>(part: abstract new (...args: never[]) => Part): Part => storage.service.app.get<Part>(part, { strict: false });

    beforeAll(async () => {
      storage = await startStorage(engine, { clock });
      await get(Dispatcher).beforeApplicationShutdown();
      const create = (wanted: typeof NAJM_CHANNEL, id: string): Promise<Channel> =>
        get(Channels).create({ ...wanted, team: 'default', isDeclaredInConfig: false, eventsApi: 'account-activity-premium', messagesApi: 'v1.1' }, { id, username: 'brand', name: 'Brand', accessLevel: 'read-write-directmessages' });
      [najm, fibre] = [await create(NAJM_CHANNEL, NAJM.id), await create(FIBRE_CHANNEL, FIBRE.id)];
      const acceptance = get(Acceptance);
      const accept = acceptance.accept.bind(acceptance);
      acceptance.accept = (writes, offered) => {
        rounds.push(offered.length);
        return accept(writes, offered);
      };
    });
    beforeEach(() => rounds.splice(0));
    afterAll(() => storage.service.stop());

    /** Somebody whose window in the channel has been open for an hour, with so many replies used. */
    async function writer(used = 0, channel = najm): Promise<string> {
      const id = String((participants += 1));
      await storage.unitOfWork.run(async (manager) => {
        const conversation = await get(Conversations).lock(channel, { id, username: null, name: null });
        await manager.update(ConversationEntity, { id: conversation.id }, { windowOpenedAt: clock.now() - HOUR_MS, windowUsed: used });
      });
      return id;
    }

    const stranger = (): string => String((participants += 1));

    /** All at once. Gives each message, or why there is none. */
    async function acceptAll(wanted: readonly Wanted[]): Promise<(MessageEntity | Error)[]> {
      const results = await Promise.allSettled(
        wanted.map(({ to, text, channel = najm, beyondAllotment, alongside = async () => undefined }) => {
          const send = { from: channel.accountId, to: { number: to }, content: { type: 'text' as const, text }, splitLongText: true, ...(beyondAllotment === undefined ? {} : { beyondAllotment }) };
          return get(OutgoingMessages).accept(channel, { id: to, username: null, name: null }, send, async ({ message }) => {
            await alongside();
            return message;
          });
        }),
      );
      return results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error)));
    }

    /** What is on disk of them, in the order of their texts. */
    async function stored(wanted: readonly Wanted[]): Promise<MessageEntity[]> {
      const conversations = await storage.reader.repository(ConversationEntity).findBy({ participantId: In(wanted.map(({ to }) => to)) });
      const messages = await storage.reader.repository(MessageEntity).findBy({ conversationId: In(conversations.map(({ id }) => id)) });
      return messages.sort((a, b) => (a.content.text < b.content.text ? -1 : 1));
    }

    it('writes them in one round, those to one participant in their order, each in the window that those before it left', async () => {
      const [one, other] = [await writer(3), await writer()];
      const wanted = [...Array.from({ length: 4 }, (_, n) => ({ to: one, text: `a${n}` })), { to: other, text: 'b0' }];
      const accepted = await acceptAll(wanted);
      expect(rounds).toEqual([5]);
      expect((await stored(wanted)).map(({ seq, charge, status }) => [seq, charge, status])).toEqual([
        [1, 'reply', 'queued'],
        [2, 'reply', 'queued'],
        [3, 'rate-limit', 'queued'],
        [4, 'rate-limit', 'queued'],
        [1, 'reply', 'queued'],
      ]);
      expect(await stored(wanted)).toMatchObject(accepted.map((message) => ({ ...message })));
      const { windowUsed, lastSeq, headId } = await storage.reader.repository(ConversationEntity).findOneByOrFail({ participantId: one });
      expect([windowUsed, lastSeq, headId]).toEqual([5, 4, (accepted[0] as MessageEntity).id]);
    });

    it('refuses one for itself: the others are accepted in the same round', async () => {
      const [full, free] = [await writer(5), await writer()];
      const wanted: Wanted[] = [{ to: free, text: 'a' }, { to: full, text: 'b', beyondAllotment: 'refuse' }, { to: free, text: 'c' }];
      const results = await acceptAll(wanted);
      expect(rounds).toEqual([3]);
      expect(results[1]).toMatchObject({ code: 'message.allotment-used' });
      expect((await stored(wanted)).map(({ content }) => content.text)).toEqual(['a', 'c']);
    });

    it('refuses all that a long text would become when one of them is refused, and takes nothing for the others', async () => {
      const free = await writer(3);
      const long = ['b', 'c', 'd'].map((letter) => letter.repeat(6_000)).join(' ');
      const wanted: Wanted[] = [{ to: free, text: 'a' }, { to: free, text: long, beyondAllotment: 'refuse' }, { to: free, text: 'e', beyondAllotment: 'refuse' }];
      const results = await acceptAll(wanted);
      expect(rounds).toEqual([3, 1]);
      expect(results[1]).toMatchObject({ code: 'message.allotment-used' });
      expect((await stored([{ to: free, text: '' }])).map(({ content, seq, charge }) => [content.text, seq, charge])).toEqual([['a', 1, 'reply'], ['e', 2, 'reply']]);
      expect((await storage.reader.repository(ConversationEntity).findOneByOrFail({ participantId: free })).windowUsed).toBe(5);
    });

    it('leaves no conversation behind of a stranger who may not be written to, whoever comes along', async () => {
      const [free, unwilling, willing] = [await writer(), stranger(), stranger()];
      await get(StartPermissions).learn(najm.id, unwilling, 'not-allowed', clock.now());
      await get(StartPermissions).learn(najm.id, willing, 'allowed', clock.now());
      await acceptAll([{ to: free, text: 'first' }, { to: unwilling, text: 'first' }]);
      expect(await storage.reader.repository(ConversationEntity).existsBy({ participantId: unwilling })).toBe(false);
      const results = await acceptAll([{ to: free, text: 'a' }, { to: unwilling, text: 'b' }, { to: willing, text: 'c' }, { to: willing, text: 'd' }]);
      expect(results[1]).toMatchObject({ code: 'message.cannot-start-conversation' });
      expect(await storage.reader.repository(ConversationEntity).existsBy({ participantId: unwilling })).toBe(false);
      expect((await stored([{ to: willing, text: '' }])).map(({ content, seq, startsConversation }) => [content.text, seq, startsConversation])).toEqual([['c', 1, true], ['d', 2, true]]);
    });

    it('lets one whose answer cannot be kept leave nothing, and harm no other', async () => {
      const free = await writer();
      const wanted: Wanted[] = [
        { to: free, text: 'a' },
        { to: free, text: 'b', alongside: () => Promise.reject(new Error('not kept')) },
        { to: free, text: 'c' },
      ];
      const results = await acceptAll(wanted);
      expect(results[1]).toMatchObject({ message: 'not kept' });
      expect((await stored(wanted)).map(({ content, seq }) => [content.text, seq])).toEqual([['a', 1], ['c', 2]]);
      expect((await storage.reader.repository(ConversationEntity).findOneByOrFail({ participantId: free })).windowUsed).toBe(2);
    });

    it('keeps the messages of two channels apart, to one and the same participant too', async () => {
      const both = await writer();
      await storage.unitOfWork.run(() => get(Conversations).lock(fibre, { id: both, username: null, name: null }));
      await storage.writer.query(`UPDATE conversations SET window_opened_at = ${clock.now() - HOUR_MS} WHERE participant_id = '${both}'`);
      const results = await acceptAll([{ to: both, text: 'of najm' }, { to: both, text: 'of fibre', channel: fibre }]);
      expect(rounds).toEqual([2]);
      expect(results.map((message) => [(message as MessageEntity).channelId, (message as MessageEntity).seq])).toEqual([[najm.id, 1], [fibre.id, 1]]);
    });

    it('gives the last place in a limit to the first who asks, and holds those after it in their order', async () => {
      const used = 1_000 - (await storage.writer.query<{ n: number | string }[]>(`SELECT count(*) AS n FROM limit_uses WHERE account_id = '${najm.accountId}'`)).reduce((sum, { n }) => sum + Number(n), 0) - 1;
      await storage.unitOfWork.run(async (manager) => {
        for (let n = 0; n < used; n += 1) {
          await manager.query(`INSERT INTO limit_uses (message_id, account_id, app_fingerprint, counted_at) VALUES ('msg_used_${n}', '${najm.accountId}', '${najm.appFingerprint}', ${clock.now()})`);
        }
      });
      const full = [await writer(5), await writer(5), await writer(5)];
      const wanted = full.map((to, n) => ({ to, text: String(n) }));
      await acceptAll(wanted);
      expect((await stored(wanted)).map(({ charge, status, heldBecause }) => [charge, status, heldBecause])).toEqual([['rate-limit', 'queued', null], [null, 'held', 'rate-limit'], [null, 'held', 'rate-limit']]);
    });
  });
});
