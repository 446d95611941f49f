import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { countRows, queryDatabase } from '../e2e/database.js';
import { eventually } from '../support/eventually.js';
import { ensureBuild, freePort } from '../support/processes.js';
import { connectChannel, type ProcessAnswer, postEvent, postMessage, startServiceProcess } from './service-process.js';

const CLIENTS = 6;
const X_IS_SLOW_MS = 1_500;
const EXITS_WITHIN_MS = 10_000;

/** SIGTERM in the middle of everything, as each deployment sends it. */
describe('A graceful stop', () => {
  let folder: string;
  let sandbox: Sandbox;

  beforeAll(() => ensureBuild(), 200_000);
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dm-channel-stop-'));
    sandbox = await startSandbox({ dailyLimits: { perUser: 100_000, perApp: 100_000 } });
  });
  afterEach(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lets what runs come to its end, refuses the rest clearly, and exits with 0 within 10 s', async () => {
    const databaseUrl = `sqlite:${join(folder, 'service.db')}`;
    const { process, url } = startServiceProcess({ databaseUrl, port: await freePort(), sandbox });
    await process.waitUntilReady(url);
    const webhookUrl = `${url}${await connectChannel(url)}`;
    const participants = Array.from({ length: CLIENTS }, (_, n) => {
      const screenName = `stop_${n}`;
      return sandbox.people.addParticipant({ name: screenName, screenName, receivesFrom: 'anyone' }).id;
    });
    const slow = sandbox.faults.add({ kind: 'delay', route: 'send', times: null, participant: null, delayMs: X_IS_SLOW_MS, status: null, code: null, message: null, body: null });

    const refused: ProcessAnswer[] = [];
    const events: string[] = [];
    const accepted: string[] = [];
    let hasEnded = false;
    const client = async (n: number): Promise<void> => {
      const to = participants[n] as string;
      for (let round = 0; !hasEnded; round += 1) {
        const id = `2089623${n}${String(round).padStart(10, '0')}`;
        const event = await postEvent(webhookUrl, { id, from: to, text: id, createdAt: Date.now() });
        const message = await postMessage(url, to, `stop ${n} ${round}`, `stop-${n}-${round}`);
        if (event?.status === 200) {
          events.push(id);
        }
        if (message?.status === 202) {
          accepted.push(String(message.body['id']));
        }
        refused.push(...[event, message].filter((answer): answer is ProcessAnswer => answer !== null && answer.status >= 300));
      }
    };
    const clients = Array.from({ length: CLIENTS }, (_, n) => client(n));
    await eventually(() => slow.fired >= 4 && accepted.length > 20, 'sends are under way and more are waiting');

    const startedAt = performance.now();
    const ending = await process.end('SIGTERM', 20_000);
    const tookMs = performance.now() - startedAt;
    hasEnded = true;
    await Promise.all(clients);
    await sandbox.whenIdle();

    expect({ ending, output: process.output.replace(/Listening on .*\n/, '') }).toEqual({ ending: { code: 0, signal: null }, output: '' });
    expect(tookMs).toBeLessThan(EXITS_WITHIN_MS);
    // Nobody is left in the dark: 503, and when to come again.
    expect(refused.filter(({ status, headers }) => status !== 503 || !headers.has('retry-after')).map(({ status, body }) => ({ status, body }))).toEqual([]);

    // Nothing hangs between two states; what X took is sent, what it was not given still waits.
    const statuses = await queryDatabase<{ status: string; n: number }>(databaseUrl, "SELECT status, count(*) AS n FROM messages WHERE direction = 'outbound' GROUP BY status");
    expect(statuses.map(({ status }) => status).sort()).toEqual(['queued', 'sent']);
    expect(statuses.find(({ status }) => status === 'sent')?.n).toBe(sandbox.ledger.sends.length);
    expect(await countRows(databaseUrl, "attempts WHERE outcome <> 'sent'")).toBe(0);

    // Nothing acknowledged is lost.
    const stored = await queryDatabase<{ body: string }>(databaseUrl, 'SELECT body FROM webhook_events');
    const bodies = stored.map(({ body }) => body).join('\n');
    expect(events.filter((id) => !bodies.includes(`"id":"${id}"`))).toEqual([]);
    const ids = new Set((await queryDatabase<{ id: string }>(databaseUrl, 'SELECT id FROM messages')).map(({ id }) => id));
    expect(accepted.filter((id) => !ids.has(id))).toEqual([]);
    console.log(`graceful stop: ${Math.round(tookMs)} ms; ${events.length} events and ${accepted.length} messages acknowledged, ${sandbox.ledger.sends.length} sent, ${refused.length} refused with 503`);
  }, 60_000);
});
