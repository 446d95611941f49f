import { MINUTE_MS } from '../../src/kernel/duration.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { queryDatabase } from './database.js';
import { NAJM } from './cast.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';

forEachEngine((engine) => {
  describe('Typing and read, from the channel to the participant', () => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let service: Service;

    const sign = (conversationId: string, kind: 'typing' | 'read') => service.call(`/v1/conversations/${conversationId}/${kind}`, { method: 'POST' });
    const callsOf = (path: string) => both.sandbox.ledger.requests.filter((request) => request.path.endsWith(path)).map(({ status }) => status);
    const inboundOf = (participant: string) => both.sandbox.conversations.view(NAJM.id, participant).messages.filter(({ senderId }) => senderId === participant);

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl() });
      service = both.service;
      await connectNajm(service);
    });
    beforeEach(() => both.sandbox.ledger.clear());
    afterEach(() => both.sandbox.faults.remove());
    afterAll(() => both.stop());

    it('shows typing once for each call, and takes nothing of the window', async () => {
      const heard = await hear(both, newcomer(both.sandbox));
      expect((await sign(heard.conversationId, 'typing')).status).toBe(204);
      expect((await sign(heard.conversationId, 'typing')).status).toBe(204);
      expect(callsOf('/indicate_typing.json')).toEqual([204, 204]);
      expect((await service.call(`/v1/conversations/${heard.conversationId}`)).body.window.used).toBe(0);
    });

    it('marks as read up to the newest message by X’s time, and repeating it is harmless', async () => {
      const participant = newcomer(both.sandbox);
      const first = await hear(both, participant, 'newest');
      await hear(both, participant, 'heard late', clock.now() - MINUTE_MS);
      expect((await sign(first.conversationId, 'read')).status).toBe(204);
      expect((await sign(first.conversationId, 'read')).status).toBe(204);
      expect(callsOf('/mark_read.json')).toEqual([204, 204]);
      expect(inboundOf(participant).map(({ text, readAt }) => [text, readAt])).toEqual([['heard late', clock.now()], ['newest', clock.now()]]);
    });

    it('asks nothing of X where the participant never wrote', async () => {
      const { body } = await service.call('/v1/messages', { body: textTo('Hello', newcomer(both.sandbox)) });
      await messageIn(service, body.id, 'sent');
      expect((await sign(body.conversationId, 'read')).status).toBe(204);
      expect(callsOf('/mark_read.json')).toEqual([]);
    });

    it.each(['typing', 'read'] as const)('tells what X says to it, and does not say it again: %s', async (kind) => {
      const heard = await hear(both, newcomer(both.sandbox));
      fault(both.sandbox, { route: kind, kind: '429' });
      const limited = await sign(heard.conversationId, kind);
      expect([limited.status, limited.body.code]).toEqual([503, 'x.rate-limited']);
      fault(both.sandbox, { route: kind, kind: 'status', status: 403, code: 349, message: 'You cannot send messages to this user.' });
      const refused = await sign(heard.conversationId, kind);
      expect([refused.status, refused.body.code, refused.body.x]).toEqual([502, 'x.unexpected-answer', { status: 403, code: 349, detail: 'You cannot send messages to this user.' }]);
      expect(both.sandbox.ledger.requests).toHaveLength(2);
    });

    it.each(['typing', 'read'] as const)('says that X has no such participant any more: %s', async (kind) => {
      const heard = await hear(both, newcomer(both.sandbox));
      fault(both.sandbox, { route: kind, kind: 'status', status: 403, code: 108, message: 'Cannot find specified user.' });
      const refused = await sign(heard.conversationId, kind);
      expect([refused.status, refused.body.code, refused.body.x]).toEqual([422, 'message.participant-not-found', { status: 403, code: 108, detail: 'Cannot find specified user.' }]);
    });

    it('marks as read up to the newest direct message, not up to an encrypted one', async () => {
      const participant = newcomer(both.sandbox);
      const heard = await hear(both, participant);
      await queryDatabase(both.databaseUrl, `INSERT INTO messages (id, team, channel_id, conversation_id, seq, direction, source, content, text_fingerprint, status, x_message_id, created_at, look_ups, is_recovered)
        SELECT 'msg_encrypted_' || seq, team, channel_id, conversation_id, 99, direction, source, content, '', status, 'encrypted-1', created_at + 1, 0, is_recovered FROM messages WHERE conversation_id = '${heard.conversationId}' AND seq = 1`);
      expect((await sign(heard.conversationId, 'read')).status).toBe(204);
      expect(both.sandbox.ledger.requests.filter(({ path }) => path.endsWith('/mark_read.json'))).toMatchObject([{ status: 204 }]);
      expect(inboundOf(participant).map(({ readAt }) => readAt)).toEqual([clock.now()]);
    });

    it.each(['typing', 'read'] as const)('is refused on a channel whose generation of X’s API has it not: %s', async (kind) => {
      const heard = await hear(both, newcomer(both.sandbox));
      await queryDatabase(both.databaseUrl, "UPDATE channels SET messages_api = 'v2'");
      try {
        await eventually(async () => {
          const answer = await sign(heard.conversationId, kind);
          expect([answer.status, answer.body.code]).toEqual([409, 'channel.not-supported']);
        }, 'the channel is known to be one of v2');
      } finally {
        await queryDatabase(both.databaseUrl, "UPDATE channels SET messages_api = 'v1.1'");
      }
    });
  });
});
