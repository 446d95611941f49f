import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/duration.js';
import { eventually } from '../support/eventually.js';
import { forEachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { type AnswerBody, having, textLike } from './answers.js';
import { FIBRE, NAJM, RANIA } from './cast.js';
import { countRows } from './database.js';
import { type Both, connectNajm, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';

forEachEngine((engine) => {
  describe('Sending', () => {
    const clock = new ManualClock(Date.now());
    let both: Both;
    let service: Service;
    let channel: AnswerBody;

    const send = (body: unknown) => service.call('/v1/messages', { body });
    const sentTo = (participant: string) => both.sandbox.ledger.sends.filter((one) => one.participant === participant).map(({ text }) => text);

    beforeAll(async () => {
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__TIMETABLE__EXPIRED_WINDOWS_MS: '50' } });
      service = both.service;
      channel = await connectNajm(service);
    });
    afterAll(() => both.stop());

    it('is accepted with 202, the place of the message, its window and the headers of it', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      clock.advance(HOUR_MS);
      const { status, headers, body } = await send({ ...textTo('Hi', participant), reference: 'ORDER-1001' });

      expect(status).toBe(202);
      expect(headers.get('location')).toBe(`/v1/messages/${body['id']}`);
      expect(headers.get('ratelimit-policy')).toBe('"reply-window";q=5;w=86400, "account-24h";q=1000;w=86400, "app-24h";q=15000;w=86400');
      expect(headers.get('ratelimit')).toBe(`"reply-window";r=4;t=${23 * 3_600}, "account-24h";r=1000, "app-24h";r=15000`);
      expect(body).toEqual({
        id: textLike(/^msg_/),
        channelId: channel['id'],
        conversationId: textLike(/^cnv_/),
        direction: 'outbound',
        source: 'api',
        from: { number: NAJM.id, name: `@${NAJM.username}` },
        to: { number: participant, name: textLike(/^@newcomer_/) },
        content: { type: 'text', text: 'Hi' },
        reference: 'ORDER-1001',
        status: 'queued',
        charge: 'reply',
        window: {
          open: true,
          openedAt: new Date(clock.now() - HOUR_MS).toISOString(),
          expiresAt: new Date(clock.now() + 23 * HOUR_MS).toISOString(),
          allotment: 5,
          used: 1,
          remaining: 4,
        },
        heldUntil: null,
        heldBecause: null,
        failure: null,
        xMessageId: null,
        validUntil: null,
        createdAt: new Date(clock.now()).toISOString(),
        sentAt: null,
        readAt: null,
        recovered: false,
      });
      const sent = await messageIn(service, body['id'], 'sent');
      expect(sent).toEqual({ ...body, status: 'sent', xMessageId: both.sandbox.ledger.sends.at(-1)?.eventId, sentAt: new Date(clock.now()).toISOString() });
    });

    it('reaches each participant in the order in which it was accepted', async () => {
      const participants = [newcomer(both.sandbox), newcomer(both.sandbox), newcomer(both.sandbox)];
      const wanted = Array.from({ length: 10 }, (_, index) => `number ${index + 1}`);
      for (const text of wanted) {
        await Promise.all(participants.map((participant) => send(textTo(text, participant))));
      }
      for (const participant of participants) {
        await eventually(() => expect(sentTo(participant)).toEqual(wanted), 'all ten, in their order', { withinMs: 20_000 });
      }
    });

    it('counts, holds or refuses what is beyond the allotment, as the message or else its channel says', async () => {
      const participant = newcomer(both.sandbox);
      await hear(both, participant);
      for (let reply = 1; reply <= 5; reply += 1) await send(textTo(`reply ${reply}`, participant));

      const counted = await send({ ...textTo('counted', participant), beyondAllotment: 'count' });
      expect(counted.body).toMatchObject({ charge: 'rate-limit', status: 'queued', window: { used: 5, remaining: 0 } });
      const held = await send({ ...textTo('held', participant), beyondAllotment: 'hold' });
      expect(held.body).toMatchObject({ status: 'held', charge: null, heldBecause: 'allotment-used', heldUntil: null });
      const before = await countRows(both.databaseUrl, 'messages');
      const refused = await send({ ...textTo('refused', participant), beyondAllotment: 'refuse' });
      expect([refused.status, refused.body['code']]).toEqual([409, 'message.allotment-used']);
      expect(await countRows(both.databaseUrl, 'messages')).toBe(before);

      await service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body: { policy: { beyondAllotment: 'refuse' } } });
      expect((await send(textTo('refused', participant))).body['code']).toBe('message.allotment-used');
      expect((await send({ ...textTo('counted too', participant), beyondAllotment: 'count' })).status).toBe(202);
      await service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body: { policy: { beyondAllotment: 'count' } } });
      await eventually(() => expect(sentTo(participant)).toHaveLength(7), 'all but the held and refused are sent');
      expect(sentTo(participant)).not.toContain('held');
    });

    it('refuses or holds when the window is closed, to the millisecond, and stores nothing of what it refuses', async () => {
      const participant = newcomer(both.sandbox);
      const never = await send({ ...textTo('first', participant), beyondAllotment: 'refuse' });
      expect([never.status, never.body['code']]).toEqual([409, 'message.window-closed']);
      await hear(both, participant);
      clock.advance(DAY_MS - 1);
      expect((await send({ ...textTo('in time', participant), beyondAllotment: 'refuse' })).body['charge']).toBe('reply');
      clock.advance(1);
      const { body } = await send({ ...textTo('too late', participant), beyondAllotment: 'refuse' });
      expect(body['code']).toBe('message.window-closed');
      expect((await send({ ...textTo('waits', participant), beyondAllotment: 'hold' })).body).toMatchObject({ heldBecause: 'window-closed' });
      const { body: page } = await service.call(`/v1/messages?channelId=${channel['id']}&direction=outbound`);
      expect(page['data'].map((message: AnswerBody) => message['content'].text)).not.toContain('too late');
    });

    it('releases what it held in order once the participant writes', async () => {
      const participant = newcomer(both.sandbox);
      const ids: string[] = [];
      for (const text of ['one', 'two', 'three', 'four', 'five', 'six']) {
        ids.push((await send({ ...textTo(text, participant), beyondAllotment: 'hold' })).body['id']);
      }
      clock.advance(MINUTE_MS);
      await hear(both, participant);
      await eventually(() => expect(sentTo(participant)).toEqual(['one', 'two', 'three', 'four', 'five']), 'five are released');
      expect((await messageIn(service, ids[5] ?? '', 'held'))['heldBecause']).toBe('allotment-used');
      clock.advance(MINUTE_MS);
      await hear(both, participant, 'more');
      await eventually(() => expect(sentTo(participant).at(-1)).toBe('six'), 'the sixth follows');
      const charges = both.sandbox.ledger.sends.filter((one) => one.participant === participant).map(({ countedAgainst }) => countedAgainst);
      expect(charges).toEqual(Array(6).fill('allowance'));
    });

    it('goes on holding when the message that we hear of is of more than a day ago, and says why', async () => {
      const participant = newcomer(both.sandbox);
      const { body } = await send({ ...textTo('held', participant), beyondAllotment: 'hold' });
      const late = await hear(both, participant, 'yesterday', clock.now() - 25 * HOUR_MS);
      expect(late['window']).toMatchObject({ open: false, remaining: 0 });
      expect(await messageIn(service, body['id'], 'held')).toMatchObject({ heldBecause: 'window-closed', charge: null });
      expect(sentTo(participant)).toEqual([]);
    });

    it('expires what is not sent in time, and gives back nothing that X took', async () => {
      const participant = newcomer(both.sandbox);
      const validUntil = new Date(clock.now() + HOUR_MS).toISOString();
      const { body } = await send({ ...textTo('soon', participant), beyondAllotment: 'hold', validUntil });
      expect(body).toMatchObject({ status: 'held', heldUntil: validUntil, validUntil });
      clock.advance(HOUR_MS);
      expect(await messageIn(service, body['id'], 'expired')).toMatchObject({ charge: null, failure: null, heldBecause: null });
      await hear(both, participant);
      expect(sentTo(participant)).toEqual([]);
    });

    it('holds the sends of a paused channel, keeps what comes in, and goes on when it is resumed', async () => {
      const participant = newcomer(both.sandbox);
      const pause = (paused: boolean) => service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body: { paused } });
      expect((await pause(true)).body['status']).toBe('paused');
      const accepted = await send(textTo('while paused', participant));
      expect(accepted.status).toBe(202);
      expect(await messageIn(service, accepted.body['id'], 'held')).toMatchObject({ heldBecause: 'channel-paused' });
      await hear(both, participant, 'still heard');
      await pause(false);
      clock.advance(MINUTE_MS);
      await messageIn(service, accepted.body['id'], 'sent');
      expect(sentTo(participant)).toEqual(['while paused']);
    });

    it('looks a user name up, takes a list of one, and tells who does not exist', async () => {
      const byName = await send({ from: NAJM.id, to: { username: `@${RANIA.username}` }, content: { type: 'text', text: 'by name' } });
      expect(byName.body['to']).toEqual({ number: RANIA.id, name: `@${RANIA.username}` });
      const listed = await send({ ...textTo('listed'), to: [{ number: RANIA.id }] });
      expect([listed.status, listed.body['to'].number]).toEqual([202, RANIA.id]);
      const nobody = await send({ from: NAJM.id, to: { username: 'nobody_at_all' }, content: { type: 'text', text: 'x' } });
      expect([nobody.status, nobody.body['code'], nobody.body['errors'][0]?.pointer]).toEqual([422, 'message.participant-not-found', '/to/username']);
      const stranger = await send({ ...textTo('x'), from: FIBRE.id });
      expect([stranger.status, stranger.body['code']]).toEqual([404, 'channel.not-found']);
    });

    it('sends 10,000 characters, whatever they are', async () => {
      const participant = newcomer(both.sandbox);
      const texts = ['x'.repeat(10_000), '🙏'.repeat(10_000), '\u0644'.repeat(10_000), ' a < b & c > d &amp; "e" \n\t\\ \u2028 é '];
      for (const text of texts) expect((await send(textTo(text, participant))).status).toBe(202);
      await eventually(() => expect(sentTo(participant)).toEqual(texts), 'each as it was given', { withinMs: 15_000 });
    });

    const to = (recipient: unknown) => ({ ...textTo('x'), to: recipient });
    it.each([
      ['10,001 characters', textTo('x'.repeat(10_001)), '/content/text', 'request.invalid'],
      ['10,001 characters beyond the BMP', textTo('🙏'.repeat(10_001)), '/content/text', 'request.invalid'],
      ['no characters', textTo(''), '/content/text', 'request.invalid'],
      ['blanks only', textTo(' \n\u00a0\t'), '/content/text', 'request.invalid'],
      ['half of a character', textTo('a\ud83d'), '/content/text', 'request.invalid'],
      ['a reference with half of a character', { ...textTo('x'), reference: 'a\ud83d' }, '/reference', 'request.invalid'],
      ['NUL', textTo('a\u0000b'), '/content/text', 'request.invalid'],
      ['a text that is a number', { ...textTo(''), content: { type: 'text', text: 1 } }, '/content/text', 'request.invalid'],
      ['another type', { ...textTo(''), content: { type: 'fax', text: 'x' } }, '/content/type', 'request.invalid'],
      ['a participant that is no number', textTo('x', 'rania'), '/to/number', 'request.invalid'],
      ['a participant with a sign', textTo('x', '-84391207'), '/to/number', 'request.invalid'],
      ['a participant with a leading zero', textTo('x', '084391207'), '/to/number', 'request.invalid'],
      ['a participant of 21 digits', textTo('x', '1'.repeat(21)), '/to/number', 'request.invalid'],
      ['a participant as a JSON number', to({ number: 84391207 }), '/to/number', 'request.id-must-be-string'],
      ['a channel as a JSON number', { ...textTo('x'), from: 84391207 }, '/from', 'request.id-must-be-string'],
      ['nobody', to({}), '/to', 'request.invalid'],
      ['somebody twice', to({ number: RANIA.id, username: RANIA.username }), '/to', 'request.invalid'],
      ['an empty list', to([]), '/to', 'request.invalid'],
      ['a list of two', to([{ number: '1' }, { number: '2' }]), '/to', 'request.invalid'],
      ['an unknown policy', { ...textTo('x'), beyondAllotment: 'try' }, '/beyondAllotment', 'request.invalid'],
      ['a time that is none', { ...textTo('x'), validUntil: 'tomorrow' }, '/validUntil', 'request.invalid'],
      ['a time without a zone', { ...textTo('x'), validUntil: '2099-01-01T00:00:00' }, '/validUntil', 'request.invalid'],
      ['a time in the past', { ...textTo('x'), validUntil: '2020-01-01T00:00:00.000Z' }, '/validUntil', 'request.invalid'],
    ])('refuses %s with a pointer to it, stores nothing and sends nothing', async (_what, body, pointer, code) => {
      await both.sandbox.whenIdle();
      const before = [await countRows(both.databaseUrl, 'messages'), both.sandbox.ledger.sends.length];
      const answer = await send(body);
      expect([answer.status, answer.body['code']]).toEqual([400, code]);
      expect(answer.body['errors']).toEqual([having({ pointer })]);
      expect([await countRows(both.databaseUrl, 'messages'), both.sandbox.ledger.sends.length]).toEqual(before);
    });
  });
});
