import { DataSource } from 'typeorm';
import { Reader } from '../../src/database/reader.service.js';
import { forEachEngine, onEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';
import { startWire, type Wire } from '../support/wire.js';
import { type AnswerBody } from './answers.js';
import { type Both, connectNajm, startBoth } from './service.js';
import { challenge, deliver, inboundBody, sign } from './x-webhook.js';

const TOKEN = '0123456789abcdefABCDEF+/=_-';

/** Twenty challenges, one after the other, each answered rightly and long before X gives up. */
async function expectAnswers({ service }: Both, channel: AnswerBody): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    const startedAt = performance.now();
    const { status, body } = await challenge(service, channel, `crc_token=${encodeURIComponent(TOKEN)}${n}`);
    expect([status, body.response_token]).toEqual([200, sign(`${TOKEN}${n}`)]);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  }
}

describe('X’s challenge, with the database stopped', () => {
  forEachEngine((engine) => {
    it('is answered from memory', async () => {
      const clock = new ManualClock(Date.now());
      const both = await startBoth({ databaseUrl: await engine.createDatabaseUrl(), clock });
      try {
        const channel = await connectNajm(both.service);
        await both.service.app.get(Reader, { strict: false }).manager.connection.destroy();
        await both.service.app.get(DataSource, { strict: false }).destroy().catch(() => undefined);
        expect((await both.service.call('/health/ready')).status).toBe(503);
        await expectAnswers(both, channel);
        // What does not fit makes us look into the database, once a second at most; that the look fails takes nothing from us.
        clock.advance(2_000);
        expect((await deliver(both.service, channel, inboundBody(), { signature: sign('another body') })).status).toBe(401);
        await expectAnswers(both, channel);
      } finally {
        await both.stop().catch(() => undefined);
      }
    });
  });

  onEngine('postgres', (engine) => {
    it.each(['frozen', 'cut'] as const)('is answered while the line to it is %s', async (how) => {
      const wire: Wire = await startWire(await engine.createDatabaseUrl());
      const both = await startBoth({ databaseUrl: wire.url });
      try {
        const channel = await connectNajm(both.service);
        (how === 'frozen' ? wire.freeze : wire.cut)();
        expect((await both.service.call('/health/ready')).status).toBe(503);
        await expectAnswers(both, channel);
      } finally {
        wire.cut();
        await both.stop().catch(() => undefined);
        await wire.close();
      }
    });
  });
});
