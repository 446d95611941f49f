// `npm run build && node bench/webhook.cjs [SECONDS [CONNECTIONS]]`: how many signed events a second the built service takes
// (checked, on disk, then 200), with group commit and with one commit for each event. Both in one run, in turns, since one
// machine is not the same from minute to minute. SQLite with synchronous=FULL, the offline X beside it; loopback only.
const { createHmac } = require('node:crypto');
const { mkdtempSync, rmSync } = require('node:fs');
const http = require('node:http');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { end, start } = require('./programs.cjs');

const SECONDS = Number(process.argv[2] ?? 5);
const CONNECTIONS = Number(process.argv[3] ?? 50);
const ROUNDS = 3;
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
const VARIANTS = [
  { name: 'group commit', rows: 256 },
  { name: 'one commit for each', rows: 1 },
];

async function call(url, body) {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(json));
  return json;
}

/** About the size of what X sends for a short message. */
function eventBody(number) {
  return JSON.stringify({
    for_user_id: BRAND,
    direct_message_events: [
      {
        type: 'message_create',
        id: `2089${String(number).padStart(15, '0')}`,
        created_timestamp: String(Date.now()),
        message_create: { target: { recipient_id: BRAND }, sender_id: String(84_000_000 + (number % 500)), message_data: { text: 'x'.repeat(280) } },
      },
    ],
    users: { [BRAND]: { id: BRAND, name: 'Bench', screen_name: 'bench', description: 'y'.repeat(400) } },
  });
}

let events = 0;

/** One connection that posts the next event when the one before is answered. */
async function client(agent, url, until, took) {
  while (performance.now() < until) {
    const body = eventBody((events += 1));
    const signature = `sha256=${createHmac('sha256', CHANNEL.consumerSecret).update(body).digest('base64')}`;
    const began = performance.now();
    const status = await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-twitter-webhooks-signature': signature };
      const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
      });
      request.once('error', reject).end(body);
    });
    if (status !== 200) throw new Error(`Answered ${status}`);
    took.push(performance.now() - began);
  }
}

async function measure(rows) {
  const folder = mkdtempSync(join(tmpdir(), 'dm-channel-bench-'));
  const sandbox = await start('sandbox/main.js', { PORT: '0' });
  // X calls the address that we give it, so the port has to be known before.
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const service = await start('main.js', {
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    DATABASE_URL: `sqlite:${join(folder, 'bench.db')}`,
    ADMIN_API_KEY: ADMIN_KEY,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    X_API_URL: sandbox.url,
    X_UPLOAD_URL: sandbox.url,
    TWITTER_CHANNEL__LOGGING__LEVEL: 'error',
    TWITTER_CHANNEL__WEBHOOK__GROUP_COMMIT_MAX_ROWS: String(rows),
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    const { id } = await call(`${service.url}/v1/channels`, CHANNEL);
    const { webhookUrl } = await call(`${service.url}/v1/channels/${id}/connect`, {});
    const load = async (seconds) => {
      const took = [];
      const until = performance.now() + seconds * 1_000;
      await Promise.all(Array.from({ length: CONNECTIONS }, () => client(agent, webhookUrl, until, took)));
      return took;
    };
    await load(1); // Warms up: the first second is the compiler's.
    const took = (await load(SECONDS)).sort((a, b) => a - b);
    const at = (part) => took[Math.min(took.length - 1, Math.floor(took.length * part))];
    return { perSecond: took.length / SECONDS, p50: at(0.5), p99: at(0.99) };
  } finally {
    agent.destroy();
    await end(service.child);
    await end(sandbox.child);
    rmSync(folder, { recursive: true, force: true });
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function main() {
  const results = new Map(VARIANTS.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, rows } of VARIANTS) results.get(name).push(await measure(rows));
  }
  const of = (name, field) => median(results.get(name).map((result) => result[field]));
  const slowest = of(VARIANTS.at(-1).name, 'perSecond');
  console.log(`${CONNECTIONS} connections, ${SECONDS} s each, median of ${ROUNDS} rounds in turns\n`);
  console.log('| | events/s | ratio | p50 ms | p99 ms | events/s of each round |\n| --- | ---: | ---: | ---: | ---: | --- |');
  for (const { name } of VARIANTS) {
    const rounds = results.get(name).map(({ perSecond }) => Math.round(perSecond)).join(', ');
    const cells = [Math.round(of(name, 'perSecond')), (of(name, 'perSecond') / slowest).toFixed(1), of(name, 'p50').toFixed(0), of(name, 'p99').toFixed(0), rounds];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
