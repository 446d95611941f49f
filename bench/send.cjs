// `npm run build && node bench/send.cjs [MESSAGES [CONCURRENCY]]`: messages a second from POST /v1/messages to X having them, beside a
// bare loop over twitter-api-v2 with as many at once, in one run and in turns: with an X that answers at once, and with one that
// takes 80 ms. Then how long one message takes while nothing else happens. The service, X and the loop are processes of their own;
// SQLite with synchronous=FULL, loopback only. Ends with 1 when a ratio is below its target.
const { fork, spawn } = require('node:child_process');
const { once } = require('node:events');
const { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { postAll } = require('./load.cjs');
const { compared, figure, median, perSecond, progress, quantile, runAlone } = require('./report.cjs');
const { BRAND, CREDENTIALS, inParallel } = require('./send-peers.cjs');

const ADMIN_KEY = 'bench-admin-key-0123456789';
const PARTICIPANTS = 400;
const ROUNDS = 3;
const WARM_UP_ROUNDS = 3;
const IDLE_MESSAGES = 200;
const SETTINGS = [
  { name: 'X answers at once', delayMs: 0, target: 0.4 },
  { name: 'X takes 80 ms', delayMs: 80, target: 0.9 },
];

const root = join(__dirname, '..');

const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

async function end(child) {
  children.delete(child);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function forkAs(role, env = {}) {
  const child = fork(join(__dirname, 'send-peers.cjs'), [role], { env: { ...process.env, ...env } });
  children.add(child);
  const [ready] = await once(child, 'message');
  return { child, ...ready };
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

async function call(url, body, headers = {}, method = body === undefined ? 'GET' : 'POST') {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { method, agent, headers: { authorization: `Bearer ${ADMIN_KEY}`, ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }), ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.once('end', () => (response.statusCode < 300 ? resolve(text === '' ? {} : JSON.parse(text)) : reject(new Error(`${response.statusCode} ${text}`))));
      },
    );
    request.once('error', reject).end(payload);
  });
}

/** The rule with limits that the run does not reach. */
function copyConfig(folder) {
  cpSync(join(root, 'config'), join(folder, 'config'), { recursive: true });
  const file = join(folder, 'config', 'rate-policies.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/limit: \d+/g, 'limit: 10000000'));
  return join(folder, 'config');
}

async function startService(folder, x, concurrency) {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PORT: String(port),
    PUBLIC_URL: url,
    DATABASE_URL: `sqlite:${join(folder, 'bench.db')}`,
    CONFIG_DIR: copyConfig(folder),
    ADMIN_API_KEY: ADMIN_KEY,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    X_API_URL: x.url,
    X_UPLOAD_URL: x.url,
    TWITTER_CHANNEL__LOGGING__LEVEL: 'error',
    TWITTER_CHANNEL__MESSAGING__CONCURRENCY: String(concurrency),
    TWITTER_CHANNEL__MESSAGING__CONCURRENCY_PER_CHANNEL: String(concurrency),
  };
  const child = spawn(process.execPath, [...(process.env.BENCH_NODE_ARGS ?? '').split(' ').filter(Boolean), join(root, 'dist/main.js')], { cwd: root, env: { TWITTER_CHANNEL__ACCESS__REQUESTS_PER_MINUTE: '0', ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => String(chunk).includes('Listening') && resolve());
    child.once('exit', (code) => reject(new Error(`The service ended with ${code}`)));
  });
  const { id } = await call(`${url}/v1/channels`, { name: 'Bench', ...CREDENTIALS, environmentName: 'prod' });
  return { child, url, channel: `${url}/v1/channels/${id}` };
}

async function haveAllFiveReplies(service, count) {
  let found = 0;
  for (let cursor = ''; cursor !== null; ) {
    const { data, page } = await call(`${service.url}/v1/conversations?limit=100${cursor}`);
    if (data.some(({ window }) => window.remaining !== 5)) return false;
    found += data.length;
    cursor = page.next === null ? null : `&cursor=${page.next}`;
  }
  return found === count;
}

/** Every participant writes, so that each has five free replies; then X tells nothing more, echoes neither, unless it is to. */
async function hear({ x, service, participants }, withEchoes) {
  await call(`${service.channel}/connect`, {});
  await inParallel(participants, 16, (id) => call(`${x.url}/sandbox/api/participants/${id}/messages`, { to: BRAND, text: 'Hello' }));
  // Until the last of it is processed, which is another work than the one that is measured.
  while (!(await haveAllFiveReplies(service, participants.length))) await new Promise((resolve) => setTimeout(resolve, 50));
  if (!withEchoes) await call(`${service.channel}/disconnect`, {});
}

let texts = 0;
const newTexts = (count) => Array.from({ length: count }, () => `Message ${(texts += 1)}: your SIM is on its way and should arrive tomorrow before noon.`);
const withinReason = (promise, what) => Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error(`Not within 120 s: ${what}`)), 120_000).unref())]);

async function untilTaken(x, count) {
  x.child.send({ untilMore: count });
  const [{ at }] = await withinReason(once(x.child, 'message'), `${count} messages`);
  return at;
}

async function sendThroughService({ x, service, participants, messages, concurrency }, headers = () => ({})) {
  const taken = untilTaken(x, messages);
  const startedAt = Date.now();
  await postAll(service.url, newTexts(messages), concurrency, (text, n) => ({
    path: '/v1/messages',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, ...headers(n) },
    body: { from: BRAND, to: { number: participants[n % participants.length] }, content: { type: 'text', text } },
  }));
  return messages / ((await taken - startedAt) / 1_000);
}

async function sendBare({ x, bare, participants, messages, concurrency }) {
  const taken = untilTaken(x, messages);
  bare.child.send({ texts: newTexts(messages), participants, concurrency });
  const [{ at: startedAt }] = await once(bare.child, 'message');
  return messages / ((await taken - startedAt) / 1_000);
}

/** From the first byte of the POST until X has it, and until the service knows; each when the one before is done. */
async function measureIdle({ x, service, participants }) {
  const took = { accepted: [], taken: [], sent: [] };
  for (const [n, text] of newTexts(IDLE_MESSAGES).entries()) {
    const taken = untilTaken(x, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const startedAt = Date.now();
    const { id } = await call(`${service.url}/v1/messages`, { from: BRAND, to: { number: participants[n % participants.length] }, content: { type: 'text', text } });
    took.accepted.push(Date.now() - startedAt);
    took.taken.push((await taken) - startedAt);
    while ((await call(`${service.url}/v1/messages/${id}`)).status !== 'sent') await new Promise(setImmediate);
    took.sent.push(Date.now() - startedAt);
  }
  return took;
}

async function measure([messages = 2_000, concurrency = 16] = []) {
  const rows = [];
  const folder = mkdtempSync(join(tmpdir(), 'dm-bench-send-'));
  const x = await forkAs('x');
  const bare = await forkAs('bare', { X_API_URL: x.url });
  const service = await startService(folder, x, concurrency);
  try {
    const participants = [];
    for (let n = 0; n < PARTICIPANTS; n += 1) {
      participants.push((await call(`${x.url}/sandbox/api/participants`, { name: `bench ${n}`, screenName: `bench_${n}`, receivesFrom: 'anyone' })).id);
    }
    const bench = { x, bare, service, participants, messages, concurrency };
    // The first seconds of a process are its compilers': they are not what a service that runs for weeks costs.
    for (let round = 1; round <= WARM_UP_ROUNDS; round += 1) {
      progress(`send, warming up: ${round} of ${WARM_UP_ROUNDS}`);
      await hear(bench, false);
      await sendThroughService(bench);
      await sendBare(bench);
    }

    for (const { name, delayMs, target } of SETTINGS) {
      const fault = delayMs === 0 ? null : await call(`${x.url}/sandbox/api/faults`, { kind: 'delay', route: 'send', times: null, delayMs });
      const rounds = { service: [], bare: [] };
      for (let round = 1; round <= ROUNDS; round += 1) {
        progress(`send, ${name}: round ${round} of ${ROUNDS}`);
        await hear(bench, false);
        rounds.service.push(await sendThroughService(bench));
        rounds.bare.push(await sendBare(bench));
      }
      const [ours, beside] = [median(rounds.service), median(rounds.bare)];
      rows.push(compared(`messages sent, ${concurrency} at once, ${name}; beside a bare loop over twitter-api-v2`, [perSecond(ours), perSecond(beside)], ours / beside, { least: target }));
      if (fault !== null) await call(`${x.url}/sandbox/api/faults/${fault.id}`, undefined, {}, 'DELETE');
    }
    await hear(bench, false);
    const keyed = await sendThroughService(bench, (n) => ({ 'idempotency-key': `bench-${texts}-${n}` }));
    await hear(bench, true);
    const echoed = await sendThroughService(bench);
    rows.push(figure('the same with an Idempotency-Key on each', perSecond(keyed)), figure('the same with X’s echoes coming in', perSecond(echoed)));
    await call(`${service.channel}/disconnect`, {});
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const idle = await measureIdle(bench);
    const line = (numbers) => `p50 ${quantile(numbers, 0.5)} ms, p99 ${quantile(numbers, 0.99)} ms`;
    rows.push(figure('one message while nothing else happens, answered 202', line(idle.accepted)), figure('the same, at X', line(idle.taken)), figure('the same, known as sent', line(idle.sent)));
    return rows;
  } finally {
    agent.destroy();
    await Promise.all([service.child, bare.child, x.child].map(end));
    rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { measure };
if (require.main === module) runAlone(measure);
