import type { Browser } from 'playwright-core';
import { NAJM, RANIA } from '../e2e/cast.js';
import { ADMIN_KEY, type Both, connectNajm, startBoth, fault, messageIn, newcomer, textTo } from '../e2e/service.js';
import { launchBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { DocsPage, type ListedOperation, type ShownAnswer } from './docs-page.js';
import { assertSameDocument, exampleOf, fieldsOf, operationsOf, readCommittedDocument, webhooksOf } from './openapi-document.js';
import { WatchedPage } from './watched-page.js';
import { sampleOf } from '../support/media-samples.js';

/** Where X sends people’s browsers. */
const COME_BACK = '/v1/channels/authorizations/callback';

type Parameters = Readonly<Record<string, string>>;

// Each press draws an operation with all of its examples: half a second on a slow machine.
jest.setTimeout(60_000);

describe('The docs explorer', () => {
  const document = readCommittedDocument();
  let both: Both;
  let browser: Browser;
  let watched: WatchedPage;
  let docs: DocsPage;
  /** Every operation that was pressed, with the answer that the page showed last. */
  const pressed = new Map<string, ShownAnswer>();

  beforeAll(async () => {
    [both, browser] = await Promise.all([startBoth({ env: { TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1' } }), launchBrowser()]);
    await connectNajm(both.service);
    await both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'Is anybody there?' });
    await both.sandbox.whenIdle();
    watched = await WatchedPage.open(browser, both.service.url);
    docs = new DocsPage(watched.page, both.service.url);
    await docs.open();
  });
  afterAll(async () => {
    await browser.close();
    await both.stop();
  });

  async function press(name: string, parameters: Parameters = {}, file: Buffer | null = null): Promise<ShownAnswer> {
    const [method = '', path = ''] = name.split(' ');
    const answer = await docs.press({ method, path }, parameters, file);
    pressed.set(name, answer);
    return answer;
  }

  const nameOf = ({ method, path }: Pick<ListedOperation, 'method' | 'path'>): string => `${method} ${path}`;

  it('lists every operation and every event under its tag, and turns to no other host', async () => {
    expect(watched.takeComplaints()).toEqual([]);
    const byName = (a: ListedOperation, b: ListedOperation) => nameOf(a).localeCompare(nameOf(b));
    expect((await docs.listOperations()).sort(byName)).toEqual([...operationsOf(document), ...webhooksOf(document)].sort(byName));
    expect(await docs.listTags()).toEqual(document.tags.map((tag) => tag.name));
    expect((await docs.listTags()).slice(-2)).toEqual(['Webhook', 'Operations']);
  });

  it('shows a refusal as problem+json when nobody is authorised', async () => {
    const { status, mediaType, body } = await press('GET /v1/channels');
    expect({ status, mediaType, code: body?.code }).toEqual({ status: 401, mediaType: 'application/problem+json', code: 'access.unauthenticated' });
    expect(watched.takeComplaints()).toEqual([expect.stringContaining('401 (Unauthorized)')]);
  });

  it('sends a message when the key is pasted and the example executed', async () => {
    await docs.authorize(ADMIN_KEY);

    const { status, body } = await press('POST /v1/messages');

    expect({ status, charge: body?.charge, remaining: body?.window?.remaining }).toEqual({ status: 202, charge: 'reply', remaining: 4 });
    await eventually(() => {
      const { messages } = both.sandbox.conversations.view(NAJM.id, RANIA.id);
      expect(messages.at(-1)).toMatchObject({ senderId: NAJM.id, text: 'Hello, how can we help?' });
    }, 'the participant has it');
  });

  it('checks a send by the same example', async () => {
    expect(await press('POST /v1/messages/check')).toMatchObject({ status: 200, body: { allowed: true, outcome: 'send', charge: 'reply' } });
  });

  it.each(['POST /v1/channels', 'POST /v1/api-keys'])('makes what the example of %s says', async (name) => {
    expect(await press(name)).toMatchObject({ status: 201 });
  });

  it('makes a callback as its example says, tries it, gives it a new secret and tells it again', async () => {
    const made = await press('POST /v1/callbacks');
    expect(made).toMatchObject({ status: 201 });
    const id = made.body?.id ?? '';
    // Nobody listens there, and nobody is asked where the example's host is.
    await both.service.call(`/v1/callbacks/${id}`, { method: 'PATCH', body: { url: 'http://127.0.0.1:9/hooks' } });
    const tried = await press('POST /v1/callbacks/{id}/test', { id });
    expect(tried).toMatchObject({ status: 200, body: { status: 'pending' } });
    expect(await press('GET /v1/callbacks/{id}', { id })).toMatchObject({ status: 200, body: { id } });
    expect(await press('PATCH /v1/callbacks/{id}', { id })).toMatchObject({ status: 200, body: { id } });
    expect(await press('POST /v1/callbacks/{id}/rotate-secret', { id })).toMatchObject({ status: 200, body: { id } });
    expect(await press('POST /v1/callbacks/{id}/redeliveries', { id })).toMatchObject({ status: 202 });
    const delivery = { id: tried.body?.id ?? '' };
    expect(await press('GET /v1/deliveries/{id}', delivery)).toMatchObject({ status: 200, body: delivery });
    expect(await press('POST /v1/deliveries/{id}/redeliver', delivery)).toMatchObject({ status: 202, body: delivery });
  });

  it('answers every list and every question of health', async () => {
    const plain = operationsOf(document).filter(({ method, path }) => method === 'GET' && !path.includes('{') && path !== COME_BACK);
    for (const operation of plain) {
      expect({ operation: nameOf(operation), ...(await press(nameOf(operation))) }).toMatchObject({ operation: nameOf(operation), status: 200 });
    }
    expect(plain.length).toBeGreaterThanOrEqual(6);
  });

  it('reads by an id that a list answered', async () => {
    const idIn = (list: string): string => pressed.get(list)?.body?.data?.[0]?.id ?? '';
    for (const [name, id] of [
      ['GET /v1/channels/{id}', idIn('GET /v1/channels')],
      ['GET /v1/messages/{id}', idIn('GET /v1/messages')],
      ['GET /v1/conversations/{id}', idIn('GET /v1/conversations')],
    ] as const) {
      const { status, body } = await press(name, { id });
      expect({ name, status, id: body?.id }).toEqual({ name, status: 200, id });
    }
    expect(await press('GET /v1/channels/{id}/usage', { id: idIn('GET /v1/channels') })).toMatchObject({ status: 200, body: { currency: 'USD', dailyCap: null } });
    expect(await press('GET /v1/channels/{id}/limits', { id: idIn('GET /v1/channels') })).toMatchObject({ status: 200, body: { profile: 'v1.1' } });
    expect(await press('GET /v1/conversations/{id}/messages', { id: idIn('GET /v1/conversations') })).toMatchObject({ status: 200 });
    for (const sign of ['typing', 'read']) {
      expect(await press(`POST /v1/conversations/{id}/${sign}`, { id: idIn('GET /v1/conversations') })).toMatchObject({ status: 204 });
    }
  });

  it('uploads a file and reads it back', async () => {
    const made = await press('POST /v1/media', {}, sampleOf('png', 1_000));
    expect(made).toMatchObject({ status: 201, body: { kind: 'photo', size: 1_000 } });
    expect(await press('GET /v1/media/{id}', { id: made.body?.id ?? '' })).toMatchObject({ status: 200, mediaType: 'image/png' });
  });

  it('begins a sign-in as its example says, and has a page for who comes back from nowhere', async () => {
    const begun = await press('POST /v1/channels/authorizations');
    expect(begun).toMatchObject({ status: 201, body: { status: 'pending' } });
    expect(await press('GET /v1/channels/authorizations/{id}', { id: begun.body?.id ?? '' })).toMatchObject({ status: 200, body: { id: begun.body?.id } });
    watched.takeComplaints();
    expect(await press(`GET ${COME_BACK}`)).toMatchObject({ status: 410, mediaType: 'text/html' });
    expect(watched.takeComplaints()).toEqual([expect.stringContaining('410 (Gone)')]);
  });

  it('resolves a message that is unknown, tells its timeline, and cancels one that waits', async () => {
    fault(both.sandbox, { route: 'send', kind: 'accept-then-500' });
    fault(both.sandbox, { route: 'echo', kind: 'echo-drop' });
    const unknown = await both.service.call('/v1/messages', { body: textTo('Did you get this?') });
    await messageIn(both.service, unknown.body['id'], 'unknown');
    const id = unknown.body['id'];
    expect(await press('POST /v1/messages/{id}/resolution', { id })).toMatchObject({ status: 200, body: { id, status: 'sent' } });
    expect(await press('GET /v1/messages/{id}/attempts', { id })).toMatchObject({ status: 200 });
    const waiting = await both.service.call('/v1/messages', { body: { ...textTo('When you write again', newcomer(both.sandbox)), beyondAllotment: 'hold' } });
    expect(await press('DELETE /v1/messages/{id}', { id: waiting.body['id'] })).toMatchObject({ status: 204 });
  });

  it('removes the callback, and erases a participant', async () => {
    expect(await press('DELETE /v1/callbacks/{id}', { id: pressed.get('POST /v1/callbacks')?.body?.id ?? '' })).toMatchObject({ status: 204 });
    const channelId = pressed.get('GET /v1/channels')?.body?.data?.at(-1)?.id ?? '';
    expect(await press('DELETE /v1/participants/{channelId}/{number}', { channelId, number: newcomer(both.sandbox) })).toMatchObject({ status: 204 });
  });

  it('changes, connects, disconnects and deletes the channel that its example made', async () => {
    const id = pressed.get('POST /v1/channels')?.body?.id ?? '';
    expect(await press('PATCH /v1/channels/{id}', { id })).toMatchObject({ status: 200, body: { policy: { beyondAllotment: 'hold' } } });
    expect(await press('POST /v1/channels/{id}/connect', { id })).toMatchObject({ status: 200, body: { status: 'connected' } });
    expect(await press('POST /v1/channels/{id}/checks', { id })).toMatchObject({ status: 200, body: { status: 'connected' } });
    expect(await press('GET /v1/channels/{id}/health', { id })).toMatchObject({ status: 200, body: { status: 'connected' } });
    expect(await press('PUT /v1/channels/{id}/welcome-message', { id })).toMatchObject({ status: 200 });
    expect(await press('GET /v1/channels/{id}/welcome-message', { id })).toMatchObject({ status: 200 });
    expect(await press('DELETE /v1/channels/{id}/welcome-message', { id })).toMatchObject({ status: 204 });
    expect(await press('POST /v1/channels/{id}/disconnect', { id })).toMatchObject({ status: 200, body: { status: 'disconnected' } });
    expect(await press('DELETE /v1/channels/{id}', { id })).toMatchObject({ status: 204 });
    expect(await press('DELETE /v1/api-keys/{id}', { id: pressed.get('POST /v1/api-keys')?.body?.id ?? '' })).toMatchObject({ status: 204 });
  });

  it('answers X’s challenge just as its example says, and takes no event that X did not sign', async () => {
    const key = pressed.get('GET /v1/channels/{id}')?.body?.webhookUrl?.split('/').at(-1) ?? '';
    const challenge = await press('GET /webhooks/x/{key}', { key });
    expect(challenge).toMatchObject({ status: 200, body: exampleOf(document, { method: 'GET', path: '/webhooks/x/{key}' }, 200) });
    expect(watched.takeComplaints()).toEqual([]);

    const forged = await press('POST /webhooks/x/{key}', { key, 'x-twitter-webhooks-signature': 'sha256=forged' });
    expect(forged).toMatchObject({ status: 401, mediaType: 'application/problem+json', body: { code: 'webhook.signature-invalid' } });
    expect(watched.takeComplaints()).toEqual([expect.stringContaining('401 (Unauthorized)')]);
  });

  it('was pressed at every operation, and its examples have the very fields of the answers', () => {
    expect([...pressed.keys()].sort()).toEqual(operationsOf(document).map(nameOf).sort());
    for (const [name, { status, body }] of pressed) {
      if (body === null || status >= 400) continue;
      const [method = '', path = ''] = name.split(' ');
      expect({ name, fields: fieldsOf(exampleOf(document, { method, path }, status)) }).toEqual({ name, fields: fieldsOf(body) });
    }
  });

  it('is drawn from the committed openapi.json', async () => {
    const served: unknown = await (await fetch(`${both.service.url}/openapi.json`)).json();
    assertSameDocument(served, document);

    const edited = structuredClone(document);
    Object.assign(edited.paths['/v1/messages']?.['post'] ?? {}, { summary: 'Send something' });
    expect(() => assertSameDocument(served, edited)).toThrow('run `npm run openapi`');
  });

  it('is not served when switched off, the document is', async () => {
    const quiet = await startBoth({ env: { TWITTER_CHANNEL__SERVER__DOCS_ENABLED: 'false' } });
    const [explorer, json] = [await quiet.service.call('/docs'), await quiet.service.call('/openapi.json')];
    await quiet.stop();
    expect([explorer.status, json.status]).toEqual([404, 200]);
  });

  it('is watched for errors, refused content and foreign hosts', async () => {
    const control = await WatchedPage.open(browser, both.service.url);
    await control.page.goto(`${both.service.url}/docs`);
    await control.page.evaluate(`document.head.append(Object.assign(document.createElement('script'), { textContent: '1' }))`);
    await control.page.evaluate(`setTimeout(() => { throw new Error('thrown') })`);
    const noted: string[] = [];
    const isNoted = (kind: string) => () => (noted.push(...control.takeComplaints()), noted.some((complaint) => complaint.startsWith(kind)));
    // A page that is left takes its timers along.
    await eventually(isNoted('exception'), 'the exception');
    await control.page.goto('about:blank');
    await control.page.setContent('<img src="http://127.0.0.2:9/elsewhere.png">');
    await eventually(isNoted('foreign'), 'the last of them');
    expect(noted.join('\n')).toMatch(/content security policy: script-src-elem inline/);
    expect(noted.join('\n')).toMatch(/exception: thrown/);
    expect(noted.join('\n')).toMatch(/foreign host: http:\/\/127\.0\.0\.2:9\/elsewhere\.png/);
    await control.close();
  });
});
