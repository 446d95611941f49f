import type { LimitView } from '../../src/rate-policy/limit-view.js';
import { eventually } from '../support/eventually.js';
import type { AnswerBody } from './answers.js';
import { NAJM, RANIA } from './cast.js';
import { type Both, hear, messageIn, NAJM_CHANNEL, startBoth, textTo } from './service.js';

describe('A channel whose messages go over v2', () => {
  let both: Both;
  let channel: AnswerBody;

  const sends = () => both.sandbox.ledger.requests.filter(({ method, path }) => method === 'POST' && (path.startsWith('/2/dm_conversations') || path.endsWith('events/new.json')));
  const send = async (text: string, number?: string): Promise<AnswerBody> => (await both.service.call('/v1/messages', { body: textTo(text, number) })).body;
  const patch = (body: unknown) => both.service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body });
  const limits = async (): Promise<{ profile: string; limits: LimitView[] }> => (await both.service.call<{ profile: string; limits: LimitView[] }>(`/v1/channels/${channel['id']}/limits`)).body;

  beforeEach(async () => {
    both = await startBoth();
    channel = (await both.service.call('/v1/channels', { body: { ...NAJM_CHANNEL, messagesApi: 'v2' } })).body;
    await both.service.call(`/v1/channels/${channel['id']}/connect`, { method: 'POST' });
  });
  afterEach(() => both.stop());

  it('answers a participant in X’s documented shape, within the window and free of charge', async () => {
    expect(channel).toMatchObject({ messagesApi: 'v2' });
    await hear(both, RANIA.id);
    const accepted = await send('Hello & <welcome>');
    expect(accepted['charge']).toBe('reply');
    const sent = await messageIn(both.service, accepted['id'], 'sent');
    expect(sent).toMatchObject({ charge: 'reply', window: { open: true, used: 1, remaining: 4 } });
    expect(both.sandbox.ledger.sends).toEqual([expect.objectContaining({ eventId: sent['xMessageId'], participant: RANIA.id, text: 'Hello & <welcome>' })]);
    expect(sends()).toEqual([expect.objectContaining({ path: `/2/dm_conversations/with/${RANIA.id}/messages`, body: '{"text":"Hello & <welcome>"}', status: 201 })]);
    // X's time of it stands in its id.
    expect(Math.abs(Date.parse(String(sent['sentAt'])) - (both.sandbox.ledger.sends[0]?.at ?? 0))).toBeLessThan(1_000);
  });

  it('does not send a message without the quick replies that it was accepted with', async () => {
    await hear(both, RANIA.id);
    await patch({ messagesApi: 'v1.1' });
    const pause = await patch({ paused: true });
    expect(pause.status).toBe(200);
    const content = { type: 'text', text: 'Which city?', quickReplies: [{ label: 'Riyadh' }] };
    const { body } = await both.service.call('/v1/messages', { body: { ...textTo('', RANIA.id), content } });
    await patch({ messagesApi: 'v2', paused: false });
    const failed = await messageIn(both.service, body['id'], 'failed');
    expect(failed['failure']).toMatchObject({ x: { detail: expect.stringContaining('X was not asked') as string } });
    expect(both.sandbox.ledger.sends).toEqual([]);
  });

  it('takes X’s echo for the message it is of, whatever generation tells of it', async () => {
    await hear(both, RANIA.id);
    await messageIn(both.service, (await send('Once'))['id'], 'sent');
    await both.sandbox.whenIdle();
    await eventually(async () => {
      const { body } = await both.service.call('/v1/messages?direction=outbound&limit=100');
      expect(body['data'].map((message: AnswerBody) => message['content'])).toEqual([{ type: 'text', text: 'Once' }]);
    }, 'the echo has made no second message');
  });

  it('has v2’s limits', async () => {
    const { profile, limits: states } = await limits();
    expect([profile, states.map(({ name, limit }) => [name, limit])]).toEqual(['v2', [['account-15m', 15], ['account-24h', 1440], ['app-24h', 1440]]]);
  });

  it('knows v2’s refusal of a participant who takes no messages', async () => {
    const participant = both.sandbox.people.addParticipant({ name: 'shy', screenName: 'shy', follows: [NAJM.id] });
    await hear(both, participant.id);
    await both.sandbox.people.relate('block', participant.id, NAJM.id);
    const failed = await messageIn(both.service, (await send('Hello', participant.id))['id'], 'failed');
    expect(failed['failure']).toMatchObject({ code: 'message.participant-unreachable', x: { status: 403 } });
  });

  it('can change its generation, and keeps its conversations and windows', async () => {
    await hear(both, RANIA.id);
    await messageIn(both.service, (await send('Over v2'))['id'], 'sent');
    expect((await patch({ messagesApi: 'v1.1' })).body).toMatchObject({ messagesApi: 'v1.1', status: 'connected' });
    const sent = await messageIn(both.service, (await send('Over v1.1'))['id'], 'sent');
    expect(sent['window']).toMatchObject({ used: 2, remaining: 3 });
    expect(sends().map(({ path }) => path)).toEqual([`/2/dm_conversations/with/${RANIA.id}/messages`, '/1.1/direct_messages/events/new.json']);
    expect((await limits()).profile).toBe('v1.1');
    const { body } = await both.service.call('/v1/conversations');
    expect(body['data']).toHaveLength(1);
  });
});
