import { eventually } from '../support/eventually.js';
import { type Both, connectNajm, fault, NAJM_CHANNEL, startBoth, textTo } from './service.js';

describe('Stopping', () => {
  let both: Both;

  beforeEach(async () => {
    both = await startBoth();
  });
  afterEach(async () => {
    await both.sandbox.close();
  });

  it('lets a request that runs come to its end, answers it, and does not wait for connections that are kept open', async () => {
    const { service, sandbox } = both;
    fault(sandbox, { route: 'verify', kind: 'delay', delayMs: 500 });
    const running = service.call('/v1/channels', { body: NAJM_CHANNEL });
    await eventually(() => sandbox.ledger.requests.length > 0, 'X is being asked');
    const startedAt = performance.now();
    const stopped = service.stop();
    expect((await running).status).toBe(201);
    await stopped;
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it('is not held up by X’s own event that arrives meanwhile, and loses nothing of it', async () => {
    const { service, sandbox } = both;
    await connectNajm(service);
    await service.call('/v1/messages', { body: textTo('last words') });
    const startedAt = performance.now();
    await service.stop();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(sandbox.ledger.sends.length).toBeLessThanOrEqual(1);
  });
});
