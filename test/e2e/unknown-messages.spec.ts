import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/duration.js';
import { LookUps } from '../../src/messaging/unknown/look-ups.service.js';
import { forEachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, anyText, having, textLike } from './answers.js';
import { NAJM } from './cast.js';
import { countRows } from './database.js';
import { type Both, connectNajm, fault, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';

forEachEngine((engine) => {
  describe('A message of which nobody knows whether X took it', () => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let service: Service;
    let channelId: string;

    const post = (text: string, participant: string) => service.call('/v1/messages', { body: textTo(text, participant) });
    const read = async (id: string) => (await service.call(`/v1/messages/${id}`)).body;
    const lookUp = () => service.app.get(LookUps, { strict: false }).run();
    const timelineOf = async (id: string) => (await service.call<{ data: AnswerBody[] }>(`/v1/messages/${id}/attempts`)).body.data;
    const historyReads = () => both.sandbox.ledger.requests.filter(({ path }) => path.endsWith('/events/list.json')).length;
    const sends = (text: string) => both.sandbox.ledger.sends.filter((one) => one.text === text);
    const toldOf = (id: string) => countRows(both.databaseUrl, `team_events WHERE type = 'message.unknown' AND data LIKE '%${id}%'`);

    /** A send that comes to nothing clear, and of which X tells nothing by itself. */
    async function leaveUnknown(text: string, participant: string, kind: 'accept-then-500' | 'reset-before'): Promise<string> {
      fault(both.sandbox, { route: 'send', kind });
      if (kind === 'accept-then-500') {
        fault(both.sandbox, { route: 'echo', kind: 'echo-drop', participant });
      }
      const { body } = await post(text, participant);
      await messageIn(service, body['id'], 'unknown');
      return body['id'];
    }

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__X__TIMEOUT_MS: '300', TWITTER_CHANNEL__MESSAGING__POLL_MS: '20' } });
      service = both.service;
      channelId = (await connectNajm(service))['id'];
    });
    afterEach(async () => {
      both.sandbox.faults.remove();
      await both.sandbox.whenIdle();
      clock.advance(HOUR_MS);
      await lookUp();
    });
    afterAll(() => both.stop());

    it('is found in X’s history after 15 s, and not looked for before', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      const id = await leaveUnknown('in the history', participant, 'accept-then-500');
      clock.advance(15 * SECOND_MS - 1);
      expect(await lookUp()).toMatchObject({ lookedFor: 0 });
      clock.advance(1);
      expect(await lookUp()).toEqual({ lookedFor: 1, found: 1, absent: 0, givenUp: 0, again: 0 });
      expect(await read(id)).toMatchObject({ status: 'sent', charge: 'reply', xMessageId: sends('in the history')[0]?.eventId });
      expect(sends('in the history')).toHaveLength(1);
    });

    it('has failed when X’s history does not have it at the third look, 5 min later, and its reply is free again', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      const id = await leaveUnknown('never arrived', participant, 'reset-before');
      const before = historyReads();
      for (const [waitMs, expected] of [[15 * SECOND_MS, 'again'], [45 * SECOND_MS, 'again'], [4 * MINUTE_MS, 'absent']] as const) {
        clock.advance(waitMs - 1);
        expect(await lookUp()).toMatchObject({ lookedFor: 0 });
        clock.advance(1);
        expect(await lookUp()).toMatchObject({ lookedFor: 1, [expected]: 1 });
      }
      expect(historyReads()).toBe(before + 3);
      const failed = await read(id);
      expect(failed).toMatchObject({ status: 'failed', charge: null, failure: { code: 'message.not-found-at-x', x: null }, window: { used: 0 } });
      expect(await toldOf(id)).toBe(0);
    });

    it('keeps those behind it waiting, 6 min at most, and lets them go as soon as it is settled', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      await leaveUnknown('first', participant, 'accept-then-500');
      const second = (await post('second', participant)).body;
      clock.advance(15 * SECOND_MS);
      expect(await read(second['id'])).toMatchObject({ status: 'queued' });
      await lookUp();
      await messageIn(service, second['id'], 'sent');

      // X's history cannot be read, so that nothing settles the next one.
      fault(both.sandbox, { route: 'list', kind: 'status', status: 503, times: null });
      await leaveUnknown('third', participant, 'accept-then-500');
      const fourth = (await post('fourth', participant)).body;
      clock.advance(6 * MINUTE_MS - 1);
      await lookUp();
      expect(await read(fourth['id'])).toMatchObject({ status: 'queued' });
      expect(sends('fourth')).toEqual([]);
      clock.advance(1);
      await messageIn(service, fourth['id'], 'sent');
      expect(both.sandbox.ledger.sends.filter((one) => one.participant === participant).map(({ text }) => text)).toEqual(['first', 'second', 'third', 'fourth']);
    });

    it('lets those behind it go on where the channel says so', async () => {
      const participant = newcomer(both.sandbox);
      await service.call(`/v1/channels/${channelId}`, { method: 'PATCH', body: { policy: { afterUnknown: 'go-on' } } });
      const first = await leaveUnknown('not waited for', participant, 'reset-before');
      const second = (await post('goes on', participant)).body;
      await messageIn(service, second['id'], 'sent');
      expect((await read(first))['status']).toBe('unknown');
      const { body } = await service.call<{ policy: unknown }>(`/v1/channels/${channelId}`, { method: 'PATCH', body: { policy: { afterUnknown: 'wait' } } });
      expect(body.policy).toMatchObject({ afterUnknown: 'wait' });
    });

    it('is told to the team once, when X could not be asked for 6 min, and settled as soon as X can be', async () => {
      fault(both.sandbox, { route: 'list', kind: 'status', status: 503, times: null });
      const id = await leaveUnknown('a mystery', newcomer(both.sandbox), 'accept-then-500');
      for (let passed = 0; passed < 20 * MINUTE_MS; passed += 15 * SECOND_MS) {
        expect(await toldOf(id)).toBe(passed >= 6 * MINUTE_MS ? 1 : 0);
        clock.advance(15 * SECOND_MS);
        await lookUp();
      }
      expect((await timelineOf(id)).at(-1)).toMatchObject({ kind: 'looked-up', result: 'unavailable' });
      both.sandbox.faults.remove();
      clock.advance(15 * MINUTE_MS);
      await lookUp();
      expect(await read(id)).toMatchObject({ status: 'sent' });
      expect(await toldOf(id)).toBe(1);
    });

    it('asks X for its history no more often than the budget allows, nor before X’s own reset', async () => {
      clock.advance(HOUR_MS);
      const participants = Array.from({ length: 30 }, () => newcomer(both.sandbox));
      const before = historyReads();
      for (const [index, participant] of participants.entries()) {
        await leaveUnknown(`budget ${index}`, participant, 'reset-before');
        clock.advance(20 * SECOND_MS);
        await lookUp();
      }
      // 10 minutes, each with more to look for than there are reads.
      expect(historyReads() - before > 6 && historyReads() - before <= 12).toBe(true);
      clock.advance(HOUR_MS);
      fault(both.sandbox, { route: 'list', kind: '429' });
      await lookUp();
      const asked = historyReads();
      clock.advance(59 * SECOND_MS);
      await leaveUnknown('after a 429', newcomer(both.sandbox), 'reset-before');
      await lookUp();
      expect(historyReads()).toBe(asked);
    }, 60_000);

    it('is not guessed where two could be meant: a person typed the same words in the app of X', async () => {
      const participant = newcomer(both.sandbox);
      const id = await leaveUnknown('same words', participant, 'reset-before');
      await both.sandbox.conversations.write(NAJM.id, 'brand', { to: participant, text: 'same words' });
      await both.sandbox.whenIdle();
      clock.advance(6 * MINUTE_MS);
      await lookUp();
      expect(await read(id)).toMatchObject({ status: 'unknown', xMessageId: null });
      expect(await toldOf(id)).toBe(1);
      const typed = (await service.call(`/v1/messages?direction=outbound&limit=100`)).body['data'].filter((one: AnswerBody) => one['content'].text === 'same words' && one['source'] === 'elsewhere');
      expect(typed).toHaveLength(1);
    });

    describe('and that a caller resolves', () => {
      const resolve = (id: string, outcome: unknown) => service.call(`/v1/messages/${id}/resolution`, { body: { outcome } });

      it('as not sent: it has failed, and what it cost is given back', async () => {
        const participant = newcomer(both.sandbox);
        await hear(both, participant);
        const id = await leaveUnknown('resolved away', participant, 'reset-before');
        expect((await resolve(id, 'not-sent')).body).toMatchObject({ id, status: 'failed', charge: null, failure: { code: 'message.resolved-not-sent' }, window: { used: 0 } });
        expect((await timelineOf(id)).at(-1)).toMatchObject({ kind: 'settled', status: 'failed', by: 'resolution' });
      });

      it('as sent: it keeps what it cost, those behind it go, and X’s echo still brings X’s id', async () => {
        const participant = newcomer(both.sandbox);
        await hear(both, participant);
        fault(both.sandbox, { route: 'echo', kind: 'echo-drop', participant });
        const id = await leaveUnknown('resolved as sent', participant, 'accept-then-500');
        const behind = (await post('behind it', participant)).body;
        expect((await resolve(id, 'sent')).body).toMatchObject({ status: 'sent', charge: 'reply', xMessageId: null, sentAt: anyText });
        await messageIn(service, behind['id'], 'sent');
        const { eventId } = sends('resolved as sent')[0] ?? { eventId: '' };
        await both.sandbox.conversations.redeliver(eventId);
        await eventually(async () => expect(await read(id)).toMatchObject({ status: 'sent', xMessageId: eventId }), 'X’s id is known');
      });

      it('wrongly as not sent: X’s echo says otherwise, and X’s word stands, with its charge', async () => {
        const participant = newcomer(both.sandbox);
        await hear(both, participant);
        const id = await leaveUnknown('X knows better', participant, 'accept-then-500');
        await resolve(id, 'not-sent');
        const { eventId } = sends('X knows better')[0] ?? { eventId: '' };
        await both.sandbox.conversations.redeliver(eventId);
        const sent = await messageIn(service, id, 'sent');
        expect(sent).toMatchObject({ charge: 'reply', xMessageId: eventId, failure: null, window: { used: 1 } });
      });

      it('only while it is unknown, with an outcome that there is, and of the caller’s own team', async () => {
        const participant = newcomer(both.sandbox);
        const { body } = await post('known', participant);
        await messageIn(service, body['id'], 'sent');
        const known = await resolve(body['id'], 'sent');
        expect([known.status, known.body['code']]).toEqual([409, 'message.not-unknown']);
        const odd = await resolve(body['id'], 'maybe');
        expect([odd.status, odd.body['errors']]).toEqual([400, [having({ pointer: '/outcome' })]]);
        const { body: key } = await service.call('/v1/api-keys', { body: { team: 'others', scopes: ['messages:send', 'messages:read'] } });
        for (const [path, method] of [['/resolution', 'POST'], ['/attempts', 'GET'], ['', 'DELETE']] as const) {
          const foreign = await service.call(`/v1/messages/${body['id']}${path}`, { method, key: key['key'], ...(method === 'POST' ? { body: { outcome: 'sent' } } : {}) });
          expect([foreign.status, foreign.body['code']]).toEqual([404, 'message.not-found']);
        }
      });
    });

    it('charges it as X did in the window of its time, when the participant has written again before it is settled', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      for (let n = 1; n <= 5; n += 1) await messageIn(service, (await post(`window ${n}`, participant)).body['id'], 'sent');
      clock.advance(SECOND_MS);
      // X has the participant's next message before ours, and tells of it after.
      const { eventId } = await both.sandbox.conversations.write(participant, 'participant', { to: NAJM.id, text: 'Wait', deliver: false });
      clock.advance(1);
      const id = await leaveUnknown('the sixth', participant, 'accept-then-500');
      expect([(await read(id))['charge'], sends('the sixth').at(0)?.countedAgainst]).toEqual(['rate-limit', 'allowance']);
      await both.sandbox.conversations.redeliver(eventId);
      clock.advance(SECOND_MS);
      await hear(both, participant);
      clock.advance(15 * SECOND_MS);
      await lookUp();
      expect(await read(id)).toMatchObject({ status: 'sent', charge: 'reply', window: { used: 0 } });
      expect(await countRows(both.databaseUrl, `limit_uses WHERE message_id = '${id}'`)).toBe(0);
    });

    it('has a timeline that tells each step, with X’s answer and what settled it', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      const id = await leaveUnknown('told in full', participant, 'accept-then-500');
      clock.advance(15 * SECOND_MS);
      await lookUp();
      const [attemptId, at] = [textLike(/^att_/), textLike(/Z$/)];
      expect(await timelineOf(id)).toEqual([
        { at, kind: 'accepted' },
        { at, kind: 'charged', charge: 'reply' },
        { at, kind: 'claimed' },
        { at, kind: 'attempt', attemptId, finishedAt: at, outcome: 'unknown', x: { status: 500, code: 131, detail: anyText } },
        { at: new Date(clock.now()).toISOString(), kind: 'settled', status: 'sent', by: 'look-up', attemptId },
      ]);
    });
  });
});
