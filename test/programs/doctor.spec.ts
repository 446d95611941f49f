import { NAJM } from '../e2e/cast.js';
import { ADMIN_KEY, type Both, connectFibre, connectNajm, startBoth } from '../e2e/service.js';
import { freePort, type RunningProcess, startNode } from '../support/processes.js';

jest.setTimeout(60_000);

describe('npm run doctor', () => {
  let both: Both;
  let id: string;

  beforeAll(async () => {
    both = await startBoth();
    id = (await connectNajm(both.service))['id'];
    await connectFibre(both.service);
  });
  afterAll(() => both.stop());

  const doctor = (args: string[], env: Record<string, string | undefined> = {}): RunningProcess =>
    startNode(['scripts/doctor.cjs', ...args], { env: { SERVICE_URL: both.service.url, API_KEY: ADMIN_KEY, ADMIN_API_KEY: undefined, ...env } });

  it('prints each check of a channel, and ends with 0 when all is well', async () => {
    const run = doctor([id]);
    expect(await run.waitForEnd()).toEqual({ code: 0, signal: null });
    expect(run.output).toMatch(/Najm support \(@NajmTelecomCare, 1488203456789012345\), chn_\w+\nAsking X …\n/);
    expect(run.output.match(/^ {2}ok {4}/gm)).toHaveLength(9);
    expect(run.output).toMatch(/connected; last event never, last challenge \S+, next check \S+/);
  });

  it.each(['Najm support', '@najmtelecomcare', NAJM.id])('finds a channel as %s', async (name) => {
    const run = doctor([name, '--look']);
    expect(await run.waitForEnd()).toEqual({ code: 0, signal: null });
    expect(run.output).toContain(id);
    expect(run.output).not.toContain('Asking X');
  });

  it('says what to do about what fails, and ends with 1; without a channel it looks at all', async () => {
    both.sandbox.people.patchAccount(NAJM.id, { receivesFrom: 'followed' });
    const run = doctor([]);
    expect(await run.waitForEnd()).toEqual({ code: 1, signal: null });
    expect(run.output).toMatch(/FAIL {2}open-direct-messages +Only people whom the account follows can write to it\.\n +→ At x\.com, as the account: .*allow message requests from everyone\./);
    expect(run.output).toContain('Fibre support');
    both.sandbox.people.patchAccount(NAJM.id, { receivesFrom: 'anyone' });
  });

  it('says what it takes, and what keeps it from asking', async () => {
    const help = doctor(['--help']);
    expect(await help.waitForEnd()).toEqual({ code: 0, signal: null });
    const odd = doctor(['--fast']);
    expect(await odd.waitForEnd()).toEqual({ code: 2, signal: null });
    for (const { output } of [help, odd]) expect(output).toContain('npm run doctor -- [<channel>] [--look]');

    const nobody = doctor(['nobody']);
    expect(await nobody.waitForEnd()).toEqual({ code: 2, signal: null });
    expect(nobody.output).toContain('No channel of this key');
    const keyless = doctor([id], { API_KEY: undefined });
    expect(await keyless.waitForEnd()).toEqual({ code: 2, signal: null });
    expect(keyless.output).toContain('Set API_KEY');
    const away = doctor([id], { SERVICE_URL: `http://127.0.0.1:${await freePort()}` });
    expect(await away.waitForEnd()).toEqual({ code: 2, signal: null });
    expect(away.output).toContain('No service answers');
    const wrong = doctor([id], { API_KEY: 'not-a-key-of-the-service' });
    expect(await wrong.waitForEnd()).toEqual({ code: 2, signal: null });
    expect(wrong.output).toContain('401');
  });
});
