import { RANIA } from '../e2e/cast.js';
import { ADMIN_KEY, type Both, connectNajm, startBoth } from '../e2e/service.js';
import { eventually } from '../support/eventually.js';
import { freePort, type RunningProcess, startNode } from '../support/processes.js';

jest.setTimeout(60_000);

const PAYLOAD = 'test/fixtures/x/aaa-dm-text-inbound.json';
const TEXT = 'Hi, my SIM stopped working this morning. Can you help?';

describe('npm run replay', () => {
  let both: Both;

  beforeAll(async () => {
    both = await startBoth();
    await connectNajm(both.service);
  });
  afterAll(() => both.stop());

  const replay = (...args: string[]): RunningProcess =>
    startNode(['scripts/replay.cjs', ...args], {
      env: { SERVICE_URL: both.service.url, API_KEY: ADMIN_KEY, CONSUMER_SECRET: undefined, INIT_CWD: undefined },
    });
  const received = async () => {
    await both.sandbox.whenIdle();
    return (await both.service.call<{ data: { content: { text: string } }[] }>('/v1/messages?direction=inbound')).body.data;
  };

  it('is refused with 401 and 1 when signed with another secret, and nothing is received', async () => {
    const forged = replay(PAYLOAD, '--secret', 'not-the-consumer-secret');
    expect(await forged.waitForEnd()).toEqual({ code: 1, signal: null });
    expect(forged.output).toMatch(/HTTP 401 after \d+ ms: .*"code":"webhook\.signature-invalid"/);
    expect(await received()).toEqual([]);
  });

  it('finds the webhook through the API, signs the payload, and the message is there', async () => {
    const replayed = replay(PAYLOAD);
    expect(await replayed.waitForEnd()).toEqual({ code: 0, signal: null });
    expect(replayed.output).toMatch(/HTTP 200 after \d+ ms/);
    const messages = await eventually(async () => ((await received()).length > 0 ? received() : null), 'the message is there');
    expect(messages).toMatchObject([{ from: { number: RANIA.id }, content: { text: TEXT } }]);
  });

  it('has one effect when repeated, also under an address that is given', async () => {
    const channels = await both.service.call<{ data: { webhookUrl: string }[] }>('/v1/channels');
    const webhookUrl = channels.body.data[0]?.webhookUrl ?? '';
    const again = replay(PAYLOAD, '--url', webhookUrl);
    expect(await again.waitForEnd()).toEqual({ code: 0, signal: null });
    expect(again.output).toContain(`to ${webhookUrl}`);
    // What is posted after it is processed after it.
    const other = replay('test/fixtures/x/aaa-dm-text-inbound-64bit-sender.json');
    expect(await other.waitForEnd()).toEqual({ code: 0, signal: null });
    await eventually(async () => expect(await received()).toHaveLength(2), 'the other message is there');
    expect((await received()).filter(({ content }) => content.text === TEXT)).toHaveLength(1);
  });

  it('says what it takes', async () => {
    const [bare, help, odd] = [replay(), replay('--help'), replay(PAYLOAD, '--secrets', 'x')];
    expect([await bare.waitForEnd(), await help.waitForEnd(), await odd.waitForEnd()].map(({ code }) => code)).toEqual([2, 0, 2]);
    for (const { output } of [bare, help, odd]) expect(output).toContain('npm run replay -- <payload.json> [--url <webhook url>] [--secret <consumer secret>]');
    expect(odd.output).toContain('What is --secrets?');
  });

  it('says so when nobody answers, and when no channel acts for the payload’s account', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const silent = startNode(['scripts/replay.cjs', PAYLOAD], { env: { SERVICE_URL: nowhere, API_KEY: ADMIN_KEY } });
    const stranger = replay('test/fixtures/x/v1-dm-events-list.response.json');
    expect([await silent.waitForEnd(), await stranger.waitForEnd()].map(({ code }) => code)).toEqual([1, 1]);
    expect(silent.output).toContain(`${nowhere} does not answer (ECONNREFUSED). Is the service running?`);
    expect(stranger.output).toContain('the payload has no for_user_id');
  });
});
