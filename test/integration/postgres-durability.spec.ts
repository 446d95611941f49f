import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { listLossySettings } from '../../src/database/postgres-durability.service.js';
import { startBoth } from '../e2e/service.js';
import { onEngine } from '../support/engines.js';

const NEEDED = ['fsync', 'full_page_writes', 'synchronous_commit'];

describe('A PostgreSQL that may lose what it has committed', () => {
  onEngine('postgres', (engine) => {
    /** As the server itself says, asked another way. */
    async function shownOff(url: string): Promise<string[]> {
      const client = new Client({ connectionString: url });
      await client.connect();
      const off: string[] = [];
      for (const name of NEEDED) {
        const { rows } = await client.query<Record<string, string>>(`SHOW ${name}`);
        if (rows[0]?.[name] === 'off') off.push(name);
      }
      await client.end();
      return off;
    }
    /** The same database with this setting, which each connection may choose for itself. */
    const withCommit = (url: string, value: string) => `${url}?options=${encodeURIComponent(`-c synchronous_commit=${value}`)}`;

    it.each(['on', 'off', 'local'])('is known by its settings, synchronous_commit=%s among them', async (value) => {
      const url = withCommit(await engine.createDatabaseUrl(), value);
      const dataSource = await new DataSource({ type: 'postgres', url }).initialize();
      const found = await listLossySettings(dataSource.manager);
      await dataSource.destroy();
      expect(found).toEqual(await shownOff(url));
      expect(found.includes('synchronous_commit')).toBe(value === 'off');
    });

    it('is never ready, and says which settings it is for', async () => {
      const databaseUrl = withCommit(await engine.createDatabaseUrl(), 'off');
      const both = await startBoth({ databaseUrl, env: { TWITTER_CHANNEL__DATABASE__POSTGRES_MAY_LOSE_COMMITS: 'false' } });
      const { status, body } = await both.service.call('/health/ready');
      expect([status, body['code']]).toEqual([503, 'service.unavailable']);
      expect(body['detail']).toContain('synchronous_commit');
      expect((await both.service.call('/health/live')).status).toBe(200);
      await both.stop();
    });

    it('will do where somebody has said so', async () => {
      const both = await startBoth({ databaseUrl: withCommit(await engine.createDatabaseUrl(), 'off') });
      expect((await both.service.call('/health/ready')).status).toBe(200);
      await both.stop();
    });
  });
});
