// `npm run build && node bench/challenge.cjs [SECONDS]`: how quickly the built service answers X's challenge: with nothing else to do,
// while it takes 500 signed events a second, and with its database gone or frozen. Each answer is checked. X gives up after 3 s and
// then holds the webhook for invalid; wanted is 50 ms at p99. SQLite and PostgreSQL (the tests' own); loopback only.
const { createHmac, randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { end, start } = require('./programs.cjs');

const SECONDS = Number(process.argv[2] ?? 8);
const EVENTS_PER_SECOND = 500;
const CHALLENGES_PER_SECOND = 50;
const TURN_MS = 20;
const BRAND = '1488203456789012345';
const ADMIN_KEY = 'bench-admin-key-0123456789';
/** The invented credentials of the offline X. */
const CHANNEL = {
  name: 'Bench',
  consumerKey: 'simConsumerKey',
  consumerSecret: 'sim-consumer-secret',
  accessToken: `${BRAND}-simAccessToken`,
  accessTokenSecret: 'sim-access-secret',
  environmentName: 'prod',
};

const sign = (text) => `sha256=${createHmac('sha256', CHANNEL.consumerSecret).update(text).digest('base64')}`;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function request(url, options, body) {
  return new Promise((resolve, reject) => {
    const sent = http.request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk)).once('end', () => resolve({ status: response.statusCode, text }));
    });
    sent.once('error', reject).end(body);
  });
}

/** Runs beside the measuring, so that neither waits for the other. So many events a turn, whether or not those before are answered. */
async function loadWithEvents({ webhookUrl }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const counts = { sent: 0, stored: 0, other: 0 };
  let isOver = false;
  const began = performance.now();
  const tellCounts = () => parentPort.postMessage({ ...counts, seconds: (performance.now() - began) / 1_000 });
  parentPort.on('message', (what) => (what === 'count' ? tellCounts() : (isOver = true)));
  const running = new Set();
  while (!isOver) {
    while (counts.sent < ((performance.now() - began) / 1_000) * EVENTS_PER_SECOND) {
      const number = (counts.sent += 1);
      const body = JSON.stringify({
        for_user_id: BRAND,
        direct_message_events: [{ type: 'message_create', id: `2089${String(number).padStart(15, '0')}`, created_timestamp: String(Date.now()), message_create: { target: { recipient_id: BRAND }, sender_id: String(84_000_000 + (number % 500)), message_data: { text: 'x'.repeat(280) } } }],
        users: { [BRAND]: { id: BRAND, name: 'Bench', screen_name: 'bench', description: 'y'.repeat(400) } },
      });
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-twitter-webhooks-signature': sign(body) };
      const work = request(webhookUrl, { method: 'POST', agent, headers }, body)
        .then(({ status }) => (counts[status === 200 ? 'stored' : 'other'] += 1), () => (counts.other += 1))
        .finally(() => running.delete(work));
      running.add(work);
    }
    await pause(TURN_MS);
  }
  await Promise.allSettled(running);
  agent.destroy();
  tellCounts();
  parentPort.close();
}

if (!isMainThread) void loadWithEvents(workerData);
else main().catch((error) => {
  console.error(error);
  process.exit(1);
});

async function main() {
  console.log(`Challenges at ${CHALLENGES_PER_SECOND} a second for ${SECONDS} s each; wanted: p99 of 50 ms at most.\n`);
  const folder = mkdtempSync(join(tmpdir(), 'dm-channel-bench-'));
  await measureOn('SQLite', `sqlite:${join(folder, 'bench.db')}`, null);
  console.log('Starting PostgreSQL …');
  const postgres = await startPostgres();
  const line = await startLine(new URL(postgres.url));
  const url = new URL(postgres.url);
  url.port = String(line.port);
  await measureOn('PostgreSQL', url.href, line);
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

async function countsOf(load, what) {
  load.postMessage(what);
  const [counts] = await once(load, 'message');
  return counts;
}

async function measureOn(engine, databaseUrl, line) {
  const sandbox = await start('sandbox/main.js', { PORT: '0' });
  // X calls the address that we give it, so the port has to be known before.
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const service = await start('main.js', {
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    DATABASE_URL: databaseUrl,
    ADMIN_API_KEY: ADMIN_KEY,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    X_API_URL: sandbox.url,
    X_UPLOAD_URL: sandbox.url,
    TWITTER_CHANNEL__LOGGING__LEVEL: 'silent',
  });
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
  const call = async (path, body) => JSON.parse((await request(`${service.url}${path}`, { method: 'POST', headers }, JSON.stringify(body))).text);
  const { id } = await call('/v1/channels', CHANNEL);
  const { webhookUrl } = await call(`/v1/channels/${id}/connect`, {});
  await challenge(webhookUrl, 1); // Warms up: the first second is the compiler's.
  tell(engine, 'idle', await challenge(webhookUrl, SECONDS));
  const load = new Worker(__filename, { workerData: { webhookUrl } });
  await pause(2_000);
  const underLoad = await challenge(webhookUrl, SECONDS);
  const counts = await countsOf(load, 'count');
  tell(engine, `${Math.round(counts.stored / counts.seconds)} events/s stored, ${counts.other} not`, underLoad);
  // X goes on sending, and gets no 200.
  for (const state of line === null ? [] : ['frozen', 'gone']) {
    line.be(state);
    tell(engine, `the same, database ${state}`, await challenge(webhookUrl, SECONDS));
  }
  await countsOf(load, 'stop');
  await end(service.child);
  await end(sandbox.child);
}

/** Milliseconds of each challenge. @throws when one is answered wrongly */
async function challenge(webhookUrl, seconds) {
  const agent = new http.Agent({ keepAlive: true });
  const took = [];
  const running = [];
  const one = async () => {
    const token = randomBytes(30).toString('base64');
    const began = performance.now();
    const { status, text } = await request(`${webhookUrl}?crc_token=${encodeURIComponent(token)}&nonce=bench`, { agent });
    took.push(performance.now() - began);
    if (status !== 200 || JSON.parse(text).response_token !== sign(token)) throw new Error(`A challenge was answered ${status}: ${text}`);
  };
  for (let n = 0; n < seconds * CHALLENGES_PER_SECOND; n += 1) {
    running.push(one());
    await pause(1_000 / CHALLENGES_PER_SECOND);
  }
  await Promise.all(running);
  agent.destroy();
  return took.sort((a, b) => a - b);
}

function tell(engine, state, took) {
  const at = (part) => took[Math.min(took.length - 1, Math.floor(took.length * part))].toFixed(1).padStart(6);
  console.log(`${engine.padEnd(10)}  ${state.padEnd(32)}  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  longest ${at(1)} ms  (${took.length} challenges, all right)`);
}

/** A wire to the database that can be frozen or cut. */
async function startLine(to) {
  let state = 'open';
  const sockets = new Set();
  const server = net.createServer((near) => {
    if (state === 'gone') return near.destroy();
    const far = net.connect(Number(to.port), to.hostname);
    for (const [from, into] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.on('data', (chunk) => state === 'open' && into.write(chunk)).on('error', () => undefined).once('close', () => into.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    be: (next) => {
      state = next;
      if (next === 'gone') sockets.forEach((socket) => socket.destroy());
    },
  };
}

/** The PostgreSQL that the tests start, whose file is TypeScript. */
function startPostgres() {
  const typescript = require('typescript');
  const compilerOptions = { module: typescript.ModuleKind.CommonJS, target: typescript.ScriptTarget.ES2022, esModuleInterop: true };
  require.extensions['.ts'] = (module, file) => module._compile(typescript.transpileModule(readFileSync(file, 'utf8'), { compilerOptions }).outputText, file);
  return require('../test/support/postgres.ts').startPostgres();
}
