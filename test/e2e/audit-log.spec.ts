import fc from 'fast-check';
import { forEachEngine } from '../support/engines.js';
import { queryDatabase } from './database.js';
import { type Both, connectNajm, NAJM_CHANNEL, type Service, startBoth } from './service.js';

describe('The audit log', () => {
  forEachEngine((engine) => {
    let both: Both;
    let service: Service;
    beforeAll(async () => {
      both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1' } });
      service = both.service;
    });
    afterAll(() => both.stop());

    const verify = async () => (await service.call('/v1/audit-log/verification')).body;
    const newest = async () => (await service.call('/v1/audit-log?limit=1')).body['data'][0];

    it('has one entry for every change: who, what, when and from where, and no value of it', async () => {
      const { id } = await connectNajm(service);
      const changes: [string, string, () => Promise<{ status: number; body: { id: string } }>][] = [
        ['channel.changed', 'name,policy', () => service.call(`/v1/channels/${id}`, { method: 'PATCH', body: { name: 'A canary name', policy: { beyondAllotment: 'hold' } } })],
        ['channel.changed', 'accessToken,accessTokenSecret', () => service.call(`/v1/channels/${id}`, { method: 'PATCH', body: { accessToken: NAJM_CHANNEL.accessToken, accessTokenSecret: NAJM_CHANNEL.accessTokenSecret } })],
        ['channel.disconnected', '', () => service.call(`/v1/channels/${id}/disconnect`, { method: 'POST' })],
        ['channel.connected', 'takeOver', () => service.call(`/v1/channels/${id}/connect`, { body: { takeOver: true } })],
        ['authorization.begun', '', () => service.call('/v1/channels/authorizations', { body: { channelId: id } })],
        ['callback.created', 'events,url', () => service.call('/v1/callbacks', { body: { url: 'http://127.0.0.1:9/canary', events: ['*'] } })],
        ['api-key.created', 'scopes,team', () => service.call('/v1/api-keys', { body: { team: 'support', scopes: ['messages:read'] } })],
        ['participant.erased', '', () => service.call(`/v1/participants/${id}/84391207`, { method: 'DELETE' })],
      ];
      for (const [action, fields, change] of changes) {
        const before = (await verify())['entries'];
        expect([200, 201, 204]).toContain((await change()).status);
        expect([(await verify())['entries'], (await newest())?.action, (await newest())?.fields.join()]).toEqual([before + 1, action, fields]);
      }
      const { text, body } = await service.call('/v1/audit-log?limit=100');
      for (const secret of [...Object.values(NAJM_CHANNEL).filter((value) => value.length > 12 && value !== NAJM_CHANNEL.name), 'A canary name', '127.0.0.1:9']) {
        expect(text).not.toContain(secret);
      }
      expect(body['data'][0]).toMatchObject({ keyId: 'bootstrap', team: 'default', address: '127.0.0.1', requestId: expect.stringMatching(/^req_/) as string });
      expect((await service.call('/v1/audit-log?action=api-key.created')).body['data']).toHaveLength(1);
    });

    it('holds whenever it is asked, also while entries are added', async () => {
      const changes = Array.from({ length: 40 }, () => service.call('/v1/api-keys', { body: { team: 'support', scopes: ['messages:read'] } }));
      const answers = await Promise.all(Array.from({ length: 40 }, () => verify()));
      expect(answers.filter(({ holds }) => !holds)).toEqual([]);
      await Promise.all(changes);
    });

    it('has none for what was refused', async () => {
      const before = (await verify())['entries'];
      await service.call('/v1/channels', { body: NAJM_CHANNEL });
      await service.call('/v1/channels/chn_01m81mm3kzadxvtgak2mv71gjh', { method: 'PATCH', body: { name: 'X' } });
      expect(await verify()).toMatchObject({ entries: before, holds: true });
    });

    it('shows every entry that is changed, taken out or moved, wherever it is', async () => {
      const columns = ['key_id', 'team', 'action', 'target', 'fields', 'address', 'at', 'hash', 'previous_hash'];
      const { entries } = await verify();
      const run = (sql: string) => queryDatabase(both.databaseUrl, sql);
      const rows = await run('SELECT * FROM audit_log ORDER BY seq');
      const restore = async () => {
        await run('DELETE FROM audit_log');
        const values = rows.map((row) => Object.values(row as object).map((value) => (value === null ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`)).join(', '));
        await run(`INSERT INTO audit_log (${Object.keys(rows[0] as object).join(', ')}) VALUES ${values.map((one) => `(${one})`).join(', ')}`);
      };
      const places = fc.integer({ min: 1, max: entries });
      const tampering = fc.oneof(
        fc.record({ kind: fc.constant('changed' as const), at: places, column: fc.constantFrom(...columns) }),
        fc.record({ kind: fc.constant('taken out' as const), at: places }),
        fc.record({ kind: fc.constant('cut off' as const), at: places }),
        fc.record({ kind: fc.constant('swapped' as const), at: fc.integer({ min: 1, max: entries - 1 }) }),
      );
      await fc.assert(
        fc.asyncProperty(tampering, async (one) => {
          const where = `WHERE seq = ${one.at}`;
          if (one.kind === 'changed') await run(`UPDATE audit_log SET ${one.column} = ${one.column === 'at' ? 'at + 1' : one.column === 'fields' ? `'["x"]'` : `'tampered'`} ${where}`);
          if (one.kind === 'taken out') await run(`DELETE FROM audit_log ${where}`);
          if (one.kind === 'cut off') await run(`DELETE FROM audit_log WHERE seq >= ${one.at}`);
          if (one.kind === 'swapped') {
            await run(`UPDATE audit_log SET seq = -1 ${where}`);
            await run(`UPDATE audit_log SET seq = ${one.at} WHERE seq = ${one.at + 1}`);
            await run(`UPDATE audit_log SET seq = ${one.at + 1} WHERE seq = -1`);
          }
          const found = await verify();
          expect([one, found['holds']]).toEqual([one, false]);
          expect(found['brokenAt']).toBeLessThanOrEqual(one.at + 1);
          await restore();
          expect((await verify())['holds']).toBe(true);
        }),
        { numRuns: 40, seed: 26 },
      );
    }, 180_000);

    it('stays whole when many change at once', async () => {
      const { entries } = await verify();
      await Promise.all(Array.from({ length: 20 }, () => service.call('/v1/api-keys', { body: { team: 'many', scopes: ['messages:read'] } })));
      expect(await verify()).toEqual({ holds: true, entries: entries + 20, brokenAt: null });
    });
  });
});
