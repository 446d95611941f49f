// `npm run build && node bench/callbacks.cjs [SECONDS] [EVENTS_PER_SECOND]`: how soon 20 healthy receivers are told, alone and beside 20 that
// take a call and never answer. From X's delivery to the receiver's request; every event goes to all of them. Wanted: 1 s at p99 beside the
// hanging ones, at 200 deliveries to healthy receivers a second (10 events for 20 of them). SQLite; loopback only.
const { createHmac } = require('node:crypto');
const { mkdtempSync, rmSync } = require('node:fs');
const http = require('node:http');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { end, start } = require('./programs.cjs');

const SECONDS = Number(process.argv[2] ?? 20);
const EVENTS_PER_SECOND = Number(process.argv[3] ?? 10);
const RECEIVERS = 20;
const BRAND = '1488203456789012345';
const ADMIN_KEY = 'bench-admin-key-0123456789';
const CHANNEL = { name: 'Bench', consumerKey: 'simConsumerKey', consumerSecret: 'sim-consumer-secret', accessToken: `${BRAND}-simAccessToken`, accessTokenSecret: 'sim-access-secret', environmentName: 'prod' };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function call(url, body, headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}`, ...headers }, body: text });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json().catch(() => ({}));
}

function receivers() {
  const delays = [];
  let calls = 0;
  const hanging = new Set();
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk)).on('end', () => {
      if (request.url.startsWith('/hang')) {
        hanging.add(response);
        return;
      }
      calls += 1;
      delays.push(Date.now() - Number(JSON.parse(body).data.content.text));
      response.writeHead(204).end();
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}`, delays, calls: () => calls, hanging, close: () => (server.closeAllConnections(), server.close()) })));
}

async function measure(withHanging) {
  const folder = mkdtempSync(join(tmpdir(), 'dm-channel-bench-'));
  const sandbox = await start('sandbox/main.js', { PORT: '0' });
  const port = 20_000 + Math.floor((process.pid + (withHanging ? 7 : 0)) % 20_000);
  const address = `http://127.0.0.1:${port}`;
  const service = await start('main.js', {
    PORT: String(port), PUBLIC_URL: address, DATABASE_URL: `sqlite:${join(folder, 'bench.db')}`, ADMIN_API_KEY: ADMIN_KEY, ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    X_API_URL: sandbox.url, X_UPLOAD_URL: sandbox.url, TWITTER_CHANNEL__LOGGING__LEVEL: 'error', TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1',
  });
  const told = await receivers();
  const channel = await call(`${address}/v1/channels`, CHANNEL);
  const connected = await call(`${address}/v1/channels/${channel.id}/connect`, {});
  for (let n = 0; n < RECEIVERS; n += 1) {
    await call(`${address}/v1/callbacks`, { url: `${told.url}/ok/${n}`, events: ['message.received'] });
    if (withHanging) await call(`${address}/v1/callbacks`, { url: `${told.url}/hang/${n}`, events: ['message.received'] });
  }
  const total = SECONDS * EVENTS_PER_SECOND;
  const began = performance.now();
  for (let n = 1; n <= total; n += 1) {
    const now = String(Date.now());
    const body = JSON.stringify({ for_user_id: BRAND, direct_message_events: [{ type: 'message_create', id: `2089${String(n).padStart(15, '0')}`, created_timestamp: now, message_create: { target: { recipient_id: BRAND }, sender_id: String(84_000_000 + (n % 500)), message_data: { text: now } } }], users: {} });
    void call(connected.webhookUrl, body, { 'x-twitter-webhooks-signature': `sha256=${createHmac('sha256', CHANNEL.consumerSecret).update(body).digest('base64')}` });
    await pause(Math.max(0, (n / EVENTS_PER_SECOND) * 1_000 - (performance.now() - began)));
  }
  for (let waited = 0; told.calls() < total * RECEIVERS && waited < 60; waited += 1) await pause(1_000);
  const sorted = told.delays.sort((a, b) => a - b);
  const at = (part) => String(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? '-').padStart(6);
  console.log(`${(withHanging ? 'beside 20 that hang' : 'alone').padEnd(20)} ${told.calls()} of ${total * RECEIVERS} told  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  longest ${at(1)} ms  (${told.hanging.size} calls hung)`);
  told.close();
  await end(service.child);
  await end(sandbox.child);
  rmSync(folder, { recursive: true, force: true });
  return sorted[Math.floor(sorted.length * 0.99)];
}

async function main() {
  console.log(`${RECEIVERS} healthy receivers, ${EVENTS_PER_SECOND} events a second (${EVENTS_PER_SECOND * RECEIVERS} deliveries to them) for ${SECONDS} s; wanted: 1 s at p99.\n`);
  const alone = await measure(false);
  const beside = await measure(true);
  console.log(`\nratio of the p99: ${(beside / Math.max(1, alone)).toFixed(2)}`);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
