import { eventually } from '../support/eventually.js';
import { NAJM } from './cast.js';
import { queryDatabase } from './database.js';
import { leaks } from './leaks.js';
import { FIBRE_CHANNEL, startBoth, startService } from './service.js';

const OLD_KEY = Buffer.alloc(32, 1).toString('base64');
const NEW_KEY = Buffer.alloc(32, 2).toString('base64');

describe('Sealed credentials', () => {
  it('open with a key that was replaced, not without it, and not in another row', async () => {
    const both = await startBoth({ env: { ENCRYPTION_KEY: OLD_KEY } });
    let { service } = both;
    const restart = async (env: Record<string, string>) => {
      await service.stop();
      service = await startService({ databaseUrl: both.databaseUrl, sandboxUrl: both.sandbox.url, env });
      both.service.stop = service.stop;
    };
    const connect = (id: string) => service.call(`/v1/channels/${id}/connect`, { method: 'POST', body: { takeOver: true } });
    try {
      const { body } = await service.call('/v1/channels', { body: { name: 'Najm', ...NAJM.credentials, environmentName: 'prod' }, headers: { 'idempotency-key': 'once' } });
      const key = (await service.call('/v1/api-keys', { body: { team: 'default', scopes: ['channels:read'] } })).body['key'];

      await restart({ ENCRYPTION_KEY: NEW_KEY, ENCRYPTION_KEYS_PREVIOUS: OLD_KEY });
      expect((await connect(body['id'])).body['status']).toBe('connected');
      expect((await service.call('/v1/channels', { key })).status).toBe(200);
      const fibre = (await service.call('/v1/channels', { body: FIBRE_CHANNEL })).body;
      expect((await connect(fibre['id'])).status).toBe(200);
      const sealed = await queryDatabase(both.databaseUrl, 'SELECT DISTINCT encryption_key_id FROM channel_secrets');
      expect(sealed).toHaveLength(2);

      const swap = `UPDATE channel_secrets SET sealed = (SELECT other.sealed FROM channel_secrets other WHERE other.channel_id = '${fibre['id']}' AND other.name = 'consumerKey'),
        encryption_key_id = (SELECT other.encryption_key_id FROM channel_secrets other WHERE other.channel_id = '${fibre['id']}' AND other.name = 'consumerKey')
        WHERE channel_id = '${body['id']}' AND name = 'consumerKey'`;
      await queryDatabase(both.databaseUrl, swap);
      both.sandbox.ledger.clear();
      const moved = await connect(body['id']);
      expect([moved.status, moved.body['code']]).toEqual([500, 'service.internal']);
      expect(both.sandbox.ledger.requests).toEqual([]);
      expect(leaks(moved.text, Object.values(NAJM.credentials))).toEqual([]);
      expect((await connect(fibre['id'])).status).toBe(200);
    } finally {
      await both.stop();
    }
  });

  it('cannot be opened when the key that sealed them is gone', async () => {
    const both = await startBoth({ env: { ENCRYPTION_KEY: OLD_KEY } });
    try {
      const { body } = await both.service.call('/v1/channels', { body: { name: 'Najm', ...NAJM.credentials, environmentName: 'prod' } });
      await both.service.stop();
      const outcome = await startService({ databaseUrl: both.databaseUrl, sandboxUrl: both.sandbox.url, env: { ENCRYPTION_KEY: NEW_KEY } }).then(
        async (service) => {
          both.service.stop = service.stop;
          return (await service.call(`/v1/channels/${body['id']}/connect`, { method: 'POST' })).status;
        },
        (error: Error) => error.message,
      );
      expect(String(outcome)).toMatch(/^500$|ENCRYPTION_KEYS_PREVIOUS/);
      both.service.stop = typeof outcome === 'string' ? () => Promise.resolve() : both.service.stop;
    } finally {
      await eventually(() => both.stop().then(() => true), 'all is stopped');
    }
  });
});
