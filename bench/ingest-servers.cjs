// The servers that take signed events, each a process of its own.
const { execFileSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { BRAND, CONSUMER_SECRET } = require('./peers/signed-events.cjs');
const { end, start } = require('./programs.cjs');

const ADMIN_KEY = 'bench-admin-key-0123456789';
/** The invented credentials of the offline X. */
const CHANNEL = {
  name: 'Bench',
  consumerKey: 'simConsumerKey',
  consumerSecret: CONSUMER_SECRET,
  accessToken: `${BRAND}-simAccessToken`,
  accessTokenSecret: 'sim-access-secret',
  environmentName: 'prod',
};

async function call(url, body) {
  const answer = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(json));
  return json;
}

async function startService(folder) {
  const sandbox = await start('sandbox/main.js', { PORT: '0' });
  // X calls the address that we give it, so the port has to be known before.
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const file = join(folder, 'service.db');
  const service = await start('main.js', {
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    DATABASE_URL: `sqlite:${file}`,
    ADMIN_API_KEY: ADMIN_KEY,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    X_API_URL: sandbox.url,
    X_UPLOAD_URL: sandbox.url,
    TWITTER_CHANNEL__LOGGING__LEVEL: 'error',
  });
  const { id } = await call(`${service.url}/v1/channels`, CHANNEL);
  const { webhookUrl } = await call(`${service.url}/v1/channels/${id}/connect`, {});
  return { name: 'service', url: service.url, path: new URL(webhookUrl).pathname, file, stop: () => Promise.all([end(service.child), end(sandbox.child)]) };
}

async function startPeer(name, args = []) {
  const { child, url } = await start(join(__dirname, 'peers', `${name}.cjs`), {}, args);
  return { url, path: '/webhook', stop: () => end(child) };
}

const startRaw = async (folder) => ({ name: 'raw', ...(await startPeer('raw', [join(folder, 'raw.db')])) });
const startPlain = async (folder) => ({ name: 'plain', ...(await startPeer('plain-typeorm', [join(folder, 'plain.db')])) });

/** It is no dependency of ours, and its own are old: installed on demand, without their scripts. */
async function startAutohook() {
  const home = join(__dirname, 'peers', 'autohook');
  if (!existsSync(join(home, 'node_modules'))) execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });
  return { name: 'autohook', ...(await startPeer('autohook')) };
}

module.exports = { startAutohook, startPlain, startRaw, startService };
