import { eventually } from '../support/eventually.js';
import { type AnswerBody, textLike } from './answers.js';
import { FIBRE, NAJM, RANIA, TOM } from './cast.js';
import { queryDatabase } from './database.js';
import { type Both, connectFibre, connectNajm, hear, messageIn, newcomer, type Service, startBoth, textTo } from './service.js';
import { deliver, payload } from './x-webhook.js';

describe('Messages as X tells of them', () => {
  let both: Both;
  let service: Service;
  let channel: AnswerBody;

  const find = (xMessageId: string) =>
    eventually(async () => {
      const { body } = await service.call('/v1/messages?limit=100');
      return (body['data']).find((message) => message['xMessageId'] === xMessageId) ?? null;
    }, `message ${xMessageId} is there`);
  const take = async (name: string): Promise<AnswerBody> => {
    const bytes = payload(name);
    expect((await deliver(service, channel, bytes)).status).toBe(200);
    return find((JSON.parse(bytes.toString()) as { direct_message_events: [{ id: string }] }).direct_message_events[0].id);
  };

  beforeAll(async () => {
    both = await startBoth();
    service = both.service;
    channel = await connectNajm(service);
  });
  afterAll(() => both.stop());

  const inbound = { direction: 'inbound', source: 'participant', status: 'received', charge: null, readAt: null, reference: null, failure: null };

  it('shows a text as the participant wrote it, with X’s ids to the last digit', async () => {
    const message = await take('aaa-dm-text-inbound.json');
    expect(message).toMatchObject({
      ...inbound,
      xMessageId: '2089623330616353717',
      sentAt: '2026-08-18T08:00:00.000Z',
      from: { number: RANIA.id, name: `@${RANIA.username}` },
      to: { number: NAJM.id, name: `@${NAJM.username}` },
      content: { type: 'text', text: 'Hi, my SIM stopped working this morning. Can you help?' },
    });
    expect(Object.keys(message['content'])).toEqual(['type', 'text']);
    expect(message['window']).toMatchObject({ openedAt: '2026-08-18T08:00:00.000Z', expiresAt: '2026-08-19T08:00:00.000Z', open: false });
  });

  it('keeps a participant’s id beyond 2^53 exact, and finds the way back to them', async () => {
    const message = await take('aaa-dm-text-inbound-64bit-sender.json');
    expect(message).toMatchObject({ from: { number: TOM.id, name: `@${TOM.username}` }, xMessageId: '2089623586468794161' });
    const conversation = (await service.call(`/v1/conversations/${message['conversationId']}`)).body;
    expect(conversation['participant']).toEqual({ number: TOM.id, name: `@${TOM.username}`, displayName: 'Tom Okafor' });
  });

  it('undoes HTML entities once, and shows where links lead', async () => {
    const { content } = await take('aaa-dm-entities-and-html-escapes.json');
    expect(content).toEqual({
      type: 'text',
      text: 'Plan & price <ask> for #roaming @NajmTelecomCare $NAJM see https://t.co/aB12cD34eF 🙏',
      links: [{ url: 'https://t.co/aB12cD34eF', expandedUrl: 'https://www.najm.example/plans?ref=dm&id=7' }],
    });
  });

  it.each(['a &lt;b&gt; c', '&amp;lt;', '&amp;amp;', '&quot;&#39;&nbsp;', '<b>&</b>', '&amp'])('gives “%s” back as the person wrote it', async (text) => {
    expect((await hear(both, RANIA.id, text))['content'].text).toBe(text);
  });

  it.each([
    ['aaa-dm-media-photo-inbound.json', 'This is what the screen shows', 'photo', '2089624299500601347', /\.jpg$/],
    ['aaa-dm-media-photo-only-inbound.json', '', 'photo', '2089624341443641347', /\.jpg$/],
    ['aaa-dm-media-gif-inbound.json', '', 'animated_gif', '2089624425329721347', /\.mp4$/],
    ['aaa-dm-media-video-inbound.json', 'video of the router lights', 'video', '2089624383386681347', /\.mp4/],
  ])('takes the medium’s own link off the text of %s', async (name, text, kind, id, url) => {
    const { content } = await take(name);
    expect(content).toEqual({ type: 'media', text, media: { id: textLike(/^med_[0-9a-z]{26}$/), kind, url: textLike(/^\/v1\/media\/med_[0-9a-z]{26}$/) } });
    const [{ content: kept } = { content: '' }] = await queryDatabase<{ content: string }>(both.databaseUrl, "SELECT content FROM messages WHERE content LIKE '%media%' ORDER BY id DESC LIMIT 1");
    expect(JSON.parse(kept)).toMatchObject({ media: { id, url: textLike(url) } });
  });

  it('shows what a chosen quick reply stands for', async () => {
    expect((await take('aaa-dm-quick-reply-response-inbound.json'))['content']).toEqual({ type: 'text', text: 'Riyadh', quickReply: { metadata: 'city:riyadh' } });
    expect((await take('aaa-dm-initiated-via-welcome-message-inbound.json'))['content']).toMatchObject({ text: 'Talk to an agent', quickReply: { metadata: 'menu:agent' } });
  });

  it('shows a location', async () => {
    expect((await take('aaa-dm-location-coordinate-inbound.json'))['content']).toEqual({
      type: 'text',
      text: 'Here is where I am',
      location: { longitude: 46.6753, latitude: 24.7136 },
    });
  });

  it('takes a message that began at a post, and one whose sender X does not describe', async () => {
    expect((await take('aaa-dm-initiated-via-tweet-inbound.json'))['content'].text).toBe('I came from your post');
    expect(await take('aaa-dm-edge-sender-missing-in-users.json')).toMatchObject({ content: { text: 'users map lacks me' }, from: { number: RANIA.id, name: `@${RANIA.username}` } });
  });

  it('takes both messages of one delivery', async () => {
    expect((await deliver(service, channel, payload('aaa-dm-two-events-in-one-delivery.json'))).status).toBe(200);
    expect((await find('2089624882508759041'))['content'].text).toBe('first');
    expect(await find('2089624886073917442')).toMatchObject({ content: { text: 'second, from someone else' }, from: { number: TOM.id } });
  });

  it('takes what was typed in an app of X for outbound, never for inbound, and charges it nothing', async () => {
    const participant = newcomer(both.sandbox);
    const first = await hear(both, participant);
    const { eventId } = await both.sandbox.conversations.write(NAJM.id, 'brand', { to: participant, text: 'typed by a person' });
    expect(await find(eventId)).toMatchObject({
      direction: 'outbound',
      source: 'elsewhere',
      status: 'sent',
      charge: null,
      from: { number: NAJM.id },
      to: { number: participant },
      window: { openedAt: first['window'].openedAt, used: 0, remaining: 5 },
    });
    const saved = await take('aaa-dm-outbound-echo-other-client.json');
    expect(saved).toMatchObject({ direction: 'outbound', source: 'elsewhere', content: { text: '(agent typed this in the X web client)' } });
    expect(saved['sentAt']).toBe('2026-08-18T08:02:00.000Z');
  });

  it('marks what the participant has read, up to the message they read and no further', async () => {
    const participant = newcomer(both.sandbox);
    const ids: string[] = [];
    for (const text of ['one', 'two']) ids.push((await service.call('/v1/messages', { body: textTo(text, participant) })).body['id']);
    const [one] = [await messageIn(service, ids[0] ?? '', 'sent'), await messageIn(service, ids[1] ?? '', 'sent')];
    await both.sandbox.conversations.read(participant, { brand: NAJM.id, eventId: one['xMessageId'] });
    const read = await messageIn(service, ids[0] ?? '', 'read');
    expect(Date.parse(read['readAt'])).toBeGreaterThanOrEqual(Date.parse(read['sentAt']));
    expect((await service.call(`/v1/messages/${ids[1]}`)).body).toMatchObject({ status: 'sent', readAt: null });
  });

  it('does nothing with typing, follows, blocks, mutes, posts and likes', async () => {
    const before = (await service.call('/v1/messages?limit=100')).body['data'].length;
    for (const name of ['dm-indicate-typing', 'follow', 'unfollow', 'block', 'unblock', 'mute', 'unmute', 'favorite', 'tweet-create-mention', 'tweet-delete']) {
      expect((await deliver(service, channel, payload(`aaa-${name}.json`))).status).toBe(200);
    }
    await hear(both, RANIA.id, 'after all of those');
    expect((await service.call('/v1/messages?limit=100')).body['data']).toHaveLength(before + 1);
  });

  it('gives each of two channels in one conversation its own copy, routed by whom X names', async () => {
    const fibre = await connectFibre(service);
    const { eventId } = await both.sandbox.conversations.write(FIBRE.id, 'brand', { to: NAJM.id, text: 'between us' });
    await both.sandbox.whenIdle();
    const copies = await eventually(async () => {
      const { body } = await service.call('/v1/messages?limit=100');
      const found = (body['data']).filter((message) => message['xMessageId'] === eventId);
      return found.length === 2 && found;
    }, 'both copies are there');
    const byChannel = (id: string) => copies.find((copy) => copy['channelId'] === id);
    expect(byChannel(channel['id'])).toMatchObject({ direction: 'inbound', from: { number: FIBRE.id }, to: { number: NAJM.id }, window: { open: true } });
    expect(byChannel(fibre['id'])).toMatchObject({ direction: 'outbound', source: 'elsewhere', from: { number: FIBRE.id }, to: { number: NAJM.id }, window: { open: false } });
  });
});
