// The two processes beside the service that bench/send.cjs measures: an offline X, and a bare loop over twitter-api-v2.
const http = require('node:http');
const net = require('node:net');
const { join } = require('node:path');

const BRAND = '1488203456789012345';
/** The invented credentials of the offline X. */
const CREDENTIALS = { consumerKey: 'simConsumerKey', consumerSecret: 'sim-consumer-secret', accessToken: `${BRAND}-simAccessToken`, accessTokenSecret: 'sim-access-secret' };

/** X, in a process of its own: tells when it has so many sends. */
async function beX() {
  const { startSandbox } = require(join(__dirname, '..', 'dist/sandbox/sandbox-server.service.js'));
  const sandbox = await startSandbox({ port: 0, dailyLimits: { perUser: 10_000_000, perApp: 10_000_000 } });
  const sends = () => sandbox.ledger.sends.length;
  process.on('message', ({ untilMore }) => {
    const wanted = sends() + untilMore;
    const timer = setInterval(() => {
      if (sends() >= wanted) {
        clearInterval(timer);
        process.send({ at: Date.now(), last: sandbox.ledger.sends.at(-1) });
      }
    }, 1);
  });
  process.send({ url: sandbox.url });
}

/** The bare loop: what one gets without any promise. */
async function beBareLoop() {
  const { TwitterApi } = require('twitter-api-v2');
  const x = new URL(process.env.X_API_URL);
  process.on('message', async ({ texts, participants, concurrency }) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
    agent.protocol = 'https:';
    agent.createConnection = (_options, callback) => {
      const socket = net.connect({ host: x.hostname, port: Number(x.port) });
      callback?.(null, socket);
      return socket;
    };
    const { consumerKey: appKey, consumerSecret: appSecret, accessToken, accessTokenSecret: accessSecret } = CREDENTIALS;
    const client = new TwitterApi({ appKey, appSecret, accessToken, accessSecret }, { httpAgent: agent });
    process.send({ at: Date.now() });
    await inParallel(texts, concurrency, (text, n) => {
      const event = { type: 'message_create', message_create: { target: { recipient_id: participants[n % participants.length] }, message_data: { text } } };
      return client.v1.post('direct_messages/events/new.json', { event }, { forceBodyMode: 'json' });
    });
    agent.destroy();
  });
  process.send({ ready: true });
}

async function inParallel(items, concurrency, work) {
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < items.length) {
        const index = (next += 1) - 1;
        await work(items[index], index);
      }
    }),
  );
}

const roles = { x: beX, bare: beBareLoop };
if (require.main === module) {
  roles[process.argv[2]]().catch((error) => {
    console.error(error);
    process.exit(1);
  });
}

module.exports = { BRAND, CREDENTIALS, inParallel };
