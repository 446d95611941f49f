import fc from 'fast-check';
import { HOUR_MS } from '../../src/kernel/duration.js';
import { type Document, isList, operationsOf } from '../fuzz/document.js';
import { kindInPath, missingId } from '../fuzz/things.js';
import { ValidValues } from '../fuzz/valid-values.js';
import { createValidator } from '../fuzz/validator.js';
import { eventually } from '../support/eventually.js';
import { formOf, sampleOf } from '../support/media-samples.js';
import { RunningClock } from '../support/running-clock.js';
import { NAJM, RANIA } from './cast.js';
import { type IdOperation, operationsWithIds } from './foreign-ids.js';
import { type Answer, type Both, NAJM_CHANNEL, type Service, startBoth, textTo } from './service.js';
import openApi from '../../openapi.json';

const DOCUMENT = openApi as unknown as Document;
const SCOPES = ['channels:read', 'channels:write', 'messages:send', 'messages:read', 'callbacks:read', 'callbacks:write', 'admin'];
const ADMIN_ONLY = ['ApiKeys.create', 'ApiKeys.list', 'ApiKeys.revoke', 'AuditLog.list', 'AuditLog.verify'];

/** `admin` is the whole service's: whoever has it manages the keys of every team, and gives them. */
const isOfATeam = ({ operation }: Pick<IdOperation, 'operation'>): boolean => !ADMIN_ONLY.includes(operation.id);

/** An id that a list is narrowed by: of one that is not there it shows nothing. The place in the feed to read on from is none. */
const isFilter = ({ place }: IdOperation): boolean => place.in === 'query' && place.name !== 'after';

/** What takes most away comes last: a channel has people, and they have messages. */
const takesAway = ({ operation: { id, method } }: IdOperation): number => (method !== 'DELETE' ? 0 : id === 'Participants.erase' ? 2 : id.startsWith('Channels.') ? 3 : 1);

describe('Isolation of teams', () => {
  const clock = new RunningClock();
  let both: Both;
  let service: Service;
  /** Team A's things, one of each kind, by the prefix of their ids. A new kind of id gets its line in `makeThings`. */
  let things: Record<string, string>;
  let keys: Record<'a' | 'b', string>;
  let single: [string, string][];
  let refusedKeys: [string, string | null][];

  const makeKey = async (team: string, scopes: string[], more: object = {}) => (await service.call('/v1/api-keys', { body: { team, scopes, ...more } })).body;

  const makeThings = async (key: string): Promise<Record<string, string>> => {
    const { body: channel } = await service.call('/v1/channels', { key, body: NAJM_CHANNEL });
    // Nobody listens there.
    const { body: callback } = await service.call('/v1/callbacks', { key, body: { url: 'http://127.0.0.1:9/hooks', events: ['channel.connected'] } });
    await service.call(`/v1/channels/${channel['id']}/connect`, { key, method: 'POST' });
    const { body: message } = await service.call('/v1/messages', { key, body: { ...textTo('From A alone'), reference: 'A-1' } });
    const { body: authorization } = await service.call('/v1/channels/authorizations', { key, body: { channelId: channel['id'] } });
    const upload = await fetch(`${service.url}/v1/media`, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: formOf(sampleOf('png', 1_000)) });
    const { id: med } = (await upload.json()) as { id: string };
    const delivery = await eventually(async () => (await service.call('/v1/deliveries', { key })).body['data'][0] ?? null, 'the callback is to be told');
    return { med, cbk: callback['id'], dlv: delivery.id, evt: delivery.eventId, chn: channel['id'], msg: message['id'], cnv: message['conversationId'], aut: authorization['id'], account: NAJM.id, participant: RANIA.id };
  };

  beforeAll(async () => {
    both = await startBoth({ clock, env: { TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1' } });
    service = both.service;
    const expiring = await makeKey('b', SCOPES, { expiresAt: new Date(clock.now() + HOUR_MS).toISOString() });
    const revoked = await makeKey('b', SCOPES);
    await service.call(`/v1/api-keys/${revoked['id']}`, { method: 'DELETE' });
    clock.advance(2 * HOUR_MS);
    keys = { a: (await makeKey('a', SCOPES))['key'], b: (await makeKey('b', SCOPES))['key'] };
    single = await Promise.all(SCOPES.map(async (scope): Promise<[string, string]> => [scope, (await makeKey('b', [scope]))['key']]));
    refusedKeys = [
      ['no key', null],
      ['a malformed key', keys.b.slice(0, -1)],
      ['a wrong checksum', `${keys.b.slice(0, -1)}${keys.b.endsWith('0') ? '1' : '0'}`],
      ['an expired key', expiring['key']],
      ['a revoked key', revoked['key']],
    ];
    things = await makeThings(keys.a);
    await service.call(`/v1/channels/${things['chn'] ?? ''}/welcome-message`, { method: 'PUT', key: keys.a, body: { text: 'Welcome' } });
  });
  afterAll(() => both.stop());

  const values = new ValidValues(DOCUMENT, createValidator(DOCUMENT), () => [], () => clock.now());

  /** The operation's request with an id in its place; all else of it is valid, and the same each time. */
  const ask = ({ operation, place }: IdOperation, id: string, key: string | null): Promise<Answer> => {
    const path = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => (place.in === 'path' && place.name === name ? id : (things[kindInPath(operation.path, name)] ?? '')));
    const query = place.in === 'query' ? `?${place.name}=${id}` : '';
    const headers = { 'x-request-id': 'same' };
    if (operation.body === null) return service.call(`${path}${query}`, { method: operation.method, key, headers });
    const [body] = fc.sample(values.of(operation.body.schema).filter((value) => place.in !== 'body' || Object.hasOwn(value as object, place.name)), { numRuns: 1, seed: 1 });
    return service.call(`${path}${query}`, { method: operation.method, key, headers, body: place.in === 'body' ? { ...(body as object), [place.name]: /s$/.test(place.name) ? [id] : id } : body });
  };
  /** What the caller can tell answers apart by. An answer may name the id that it was asked for. */
  const seen = ({ status, headers, body }: Answer, id: string) => ({
    status,
    headers: [...headers.keys()].sort(),
    body: JSON.parse(JSON.stringify({ ...body, instance: '' }).replaceAll(id, 'ID')) as unknown,
  });

  const withIds = operationsWithIds(DOCUMENT).filter(isOfATeam);
  const named = (all: IdOperation[]) => all.map((one) => [`${one.operation.id} with ${one.place.name} in its ${one.place.in}`, one] as const);

  it('is looked at for each kind of id that an operation takes', () => {
    const kinds = [...new Set(withIds.map(({ place }) => place.kind))];
    // Red: make such a thing of team A in `makeThings`.
    expect(kinds.filter((kind) => things[kind] === undefined)).toEqual([]);
    expect(withIds.length).toBeGreaterThanOrEqual(20);
  });

  describe.each(named(withIds))('in %s', (_name, one) => {
    const thing = (): string => things[one.place.kind] ?? '';

    it('is that another team gets the same answer as for an id that nothing has', async () => {
      const foreign = await ask(one, thing(), keys.b);
      expect(seen(foreign, thing())).toEqual(seen(await ask(one, missingId(one.place.kind), keys.b), missingId(one.place.kind)));
      expect(foreign.status).toBe(isFilter(one) ? 200 : 404);
      expect(JSON.stringify({ ...foreign.body, instance: '' }).replaceAll(thing(), '')).not.toMatch(/(chn|msg|cnv|aut|cbk|dlv|evt|med)_[0-9a-z]{26}/);
    });

    it('is so with each scope by itself, of which one alone is enough to ask', async () => {
      const statuses: number[] = [];
      for (const [, key] of single) {
        const foreign = await ask(one, thing(), key);
        expect(seen(foreign, thing())).toEqual(seen(await ask(one, missingId(one.place.kind), key), missingId(one.place.kind)));
        statuses.push(foreign.status);
      }
      expect(statuses.filter((status) => status !== 403)).toEqual([isFilter(one) ? 200 : 404]);
    });
  });

  const secured = operationsOf(DOCUMENT).filter(({ isSecured }) => isSecured);

  it.each(secured.map((operation) => [operation.id, operation] as const))('has %s answer 401 to every key that is none', async (_id, operation) => {
    for (const [what, key] of refusedKeys) {
      const answer = await ask({ operation, place: { in: 'path', name: 'id', kind: 'chn' } }, things['chn'] ?? '', key);
      expect([what, answer.status, answer.body['code']]).toEqual([what, 401, 'access.unauthenticated']);
    }
  });

  it.each(secured.filter((operation) => !withIds.some((one) => one.operation.id === operation.id)).map((operation) => [operation.id, operation] as const))(
    'has one scope alone be enough for %s, which takes no id, and every other answer 403',
    async (_id, operation) => {
      const statuses: number[] = [];
      for (const [, key] of single) statuses.push((await ask({ operation, place: { in: 'path', name: 'id', kind: 'key' } }, missingId('key'), key)).status);
      expect(statuses.filter((status) => status !== 403)).toHaveLength(1);
    },
  );

  const lists = secured.filter((operation) => isList(operation) && !operation.path.includes('{') && isOfATeam({ operation }));

  it.each(lists.map((operation) => [operation.id, operation] as const))('shows a team without things nothing in %s, whose owner sees some', async (_id, operation) => {
    expect((await service.call(operation.path, { key: keys.b })).body['data']).toEqual([]);
    expect((await service.call(operation.path, { key: keys.a })).body['data']).not.toEqual([]);
  });

  it('answers nobody what was kept for another team under the same Idempotency-Key', async () => {
    const request = { body: { channelId: things['chn'] }, headers: { 'idempotency-key': 'the-same' } };
    const path = '/v1/channels/authorizations';
    const [first, again, foreign] = [
      await service.call(path, { ...request, key: keys.a }),
      await service.call(path, { ...request, key: keys.a }),
      await service.call(path, { ...request, key: keys.b }),
    ];
    expect([first.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([201, first.text, 'true']);
    expect([foreign.status, foreign.body['code'], foreign.headers.get('idempotency-replayed')]).toEqual([404, 'channel.not-found', null]);
  });

  it('left all that is A’s as it was: nobody else changed, sent or read anything', async () => {
    const { body } = await service.call(`/v1/channels/${things['chn']}`, { key: keys.a });
    expect([body['name'], body['status'], body['account'].id]).toEqual([NAJM_CHANNEL.name, 'connected', NAJM.id]);
    expect(both.sandbox.ledger.sends.length).toBeLessThanOrEqual(1);
    expect((await service.call('/v1/messages?direction=outbound', { key: keys.a })).body['data'].map(({ id }) => id)).toEqual([things['msg']]);
  });

  // The control of all above, and the last: its requests change things. What takes a thing away comes after what asks for it.
  it('answers A itself in each of these cases', async () => {
    const order = [...withIds].sort((one, other) => takesAway(one) - takesAway(other) || other.operation.path.length - one.operation.path.length);
    const unanswered: string[] = [];
    for (const one of order) {
      const { status, body } = await ask(one, things[one.place.kind] ?? '', keys.a);
      const isAnswered = isFilter(one) ? body['data'].length > 0 : ![401, 403].includes(status) && (status !== 404 || (one.place.in === 'path' && body['errors'] !== undefined));
      if (!isAnswered) unanswered.push(`${one.operation.id} with ${one.place.name}: ${status}`);
    }
    expect(unanswered).toEqual([]);
  });
});
