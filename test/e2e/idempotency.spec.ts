import { forEachEngine } from '../support/engines.js';
import { NAJM, RANIA } from './cast.js';
import { type Both, connectNajm, fault, NAJM_CHANNEL, type Service, startBoth, startService, textTo } from './service.js';

forEachEngine((engine) => {
  describe('Repeating a request with its Idempotency-Key', () => {
    let both: Both;
    let service: Service;
    const post = (path: string, body: unknown, key: string) => service.call(path, { body, headers: { 'idempotency-key': key } });
    const countMessages = async (reference: string) => {
      const { body } = await service.call(`/v1/messages?reference=${reference}`);
      return (body['data'] as unknown[]).length;
    };

    beforeAll(async () => {
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl() });
      service = both.service;
    });
    afterAll(() => both.stop());

    it('makes a channel once and answers the first answer again, byte for byte', async () => {
      const first = await post('/v1/channels', NAJM_CHANNEL, 'channel-1');
      both.sandbox.ledger.clear();
      const again = await post('/v1/channels', Object.fromEntries(Object.entries(NAJM_CHANNEL).reverse()), 'channel-1');

      expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null]);
      expect([again.status, again.headers.get('idempotency-replayed'), again.text]).toEqual([201, 'true', first.text]);
      expect(again.headers.get('location')).toBe(first.headers.get('location'));
      expect(both.sandbox.ledger.requests).toEqual([]);
      expect((await service.call('/v1/channels')).body['data']).toHaveLength(1);
      expect((await service.call(`/v1/channels/${first.body['id']}/connect`, { method: 'POST' })).status).toBe(200);
    });

    it('sends a message once, and repeats its headers too, also after it was sent and after a restart', async () => {
      const body = { ...textTo('Once'), reference: 'once' };
      const first = await post('/v1/messages', body, 'message-1');
      await both.sandbox.whenIdle();
      const again = await post('/v1/messages', body, 'message-1');
      expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([202, first.text, 'true']);

      const { port } = new URL(service.url);
      await service.stop();
      service = await startService({ databaseUrl: both.databaseUrl, sandboxUrl: both.sandbox.url, port: Number(port) });
      both.service.stop = service.stop;
      const later = await post('/v1/messages', body, 'message-1');
      expect([later.status, later.text, later.headers.get('idempotency-replayed')]).toEqual([202, first.text, 'true']);
      for (const name of ['location', 'ratelimit', 'ratelimit-policy']) expect(later.headers.get(name)).toBe(first.headers.get(name));
      expect(await countMessages('once')).toBe(1);
    });

    it('refuses the key for another body, another address, and says so', async () => {
      await post('/v1/messages', { ...textTo('A'), reference: 'a' }, 'message-2');
      const otherBody = await post('/v1/messages', { ...textTo('B'), reference: 'b' }, 'message-2');
      const otherAddress = await post('/v1/api-keys', { team: 'b', scopes: ['admin'] }, 'message-2');
      for (const { status, body } of [otherBody, otherAddress]) {
        expect([status, body['code']]).toEqual([422, 'request.idempotency-key-reused']);
      }
      expect(await countMessages('b')).toBe(0);
    });

    it('makes exactly one message of 20 requests at the same moment', async () => {
      const body = { ...textTo('Rush'), reference: 'rush' };
      const answers = await Promise.all(Array.from({ length: 20 }, () => post('/v1/messages', body, 'message-3')));
      const accepted = answers.filter(({ status }) => status === 202);
      const running = answers.filter(({ status, body: problem }) => status === 409 && problem['code'] === 'request.idempotency-key-in-use');

      expect(accepted.length + running.length).toBe(20);
      expect(accepted.length).toBeGreaterThan(0);
      expect(new Set(accepted.map(({ text }) => text)).size).toBe(1);
      expect(accepted.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
      expect(await countMessages('rush')).toBe(1);
      await both.sandbox.whenIdle();
      expect((await post('/v1/messages', body, 'message-3')).text).toBe(accepted[0]?.text);
    });

    it('frees the key of a request that failed, so that a corrected one runs', async () => {
      const refused = await post('/v1/messages', { ...textTo('No', '960217448123'), beyondAllotment: 'refuse', reference: 'retry' }, 'message-4');
      expect(refused.body['code']).toBe('message.window-closed');
      const accepted = await post('/v1/messages', { ...textTo('Yes'), reference: 'retry' }, 'message-4');
      expect([accepted.status, accepted.headers.get('idempotency-replayed')]).toEqual([202, null]);
      const invalid = await post('/v1/messages', { from: NAJM.id, to: { number: RANIA.id } }, 'message-5');
      expect(invalid.status).toBe(400);
      expect((await post('/v1/messages', textTo('Now right'), 'message-5')).status).toBe(202);
    });

    it('answers the secret of an API key again, and keeps keys of teams apart', async () => {
      const first = await post('/v1/api-keys', { team: 'shop', scopes: ['admin'] }, 'key-1');
      const again = await post('/v1/api-keys', { team: 'shop', scopes: ['admin'] }, 'key-1');
      expect([first.status, again.text]).toEqual([201, first.text]);
      const other = await service.call('/v1/api-keys', {
        key: first.body['key'],
        body: { team: 'shop', scopes: ['admin'] },
        headers: { 'idempotency-key': 'key-1' },
      });
      expect([other.status, other.headers.get('idempotency-replayed')]).toEqual([201, null]);
      expect(other.body['id']).not.toBe(first.body['id']);
    });

    it.each(['', 'with space', 'x'.repeat(256), 'é'])('refuses the key “%s”', async (key) => {
      const { status, body } = await post('/v1/messages', textTo('x'), key);
      expect([status, body['code']]).toEqual([400, 'request.idempotency-key-invalid']);
    });
  });
});

describe('A request that still runs', () => {
  it('answers 409 to its repetition and is not carried out twice', async () => {
    const both = await startBoth();
    try {
      await connectNajm(both.service);
      fault(both.sandbox, { route: 'users', kind: 'delay', delayMs: 400 });
      const send = () =>
        both.service.call('/v1/messages', {
          body: { from: NAJM.id, to: { username: RANIA.username }, content: { type: 'text', text: 'slow' } },
          headers: { 'idempotency-key': 'slow-1' },
        });
      const first = send();
      while (both.sandbox.ledger.requests.every(({ path }) => !path.endsWith('users/show.json'))) await new Promise(setImmediate);
      const second = await send();
      expect([second.status, second.body['code'], second.headers.get('retry-after')]).toEqual([409, 'request.idempotency-key-in-use', '1']);
      expect((await first).status).toBe(202);
      expect((await send()).text).toBe((await first).text);
    } finally {
      await both.stop();
    }
  });
});
