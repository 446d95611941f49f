// How far the service's memory grows while a video goes through it in both directions: `npm run build && MEDIA_MB=100 node bench/media.cjs`.
// Ends with 1 when it grows by more than 30 MB.
const { spawn } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { SEED_ACCOUNTS, SEED_APP, SEED_GRANTS } = require('../dist/sandbox/seeds.js');

const MEGABYTE = 1_048_576;
const MOST_GROWTH_MB = 30;
const [X_PORT, PORT] = [4711, 4712];
const [x, url] = [`http://127.0.0.1:${X_PORT}`, `http://127.0.0.1:${PORT}`];
const key = { authorization: 'Bearer bench-admin-key-0123456789' };
const participant = SEED_ACCOUNTS.find(({ role }) => role === 'participant').id;

const folder = mkdtempSync(join(tmpdir(), 'dm-channel-bench-'));
const sandbox = spawn('node', ['dist/sandbox/main.js'], { env: { ...process.env, PORT: String(X_PORT) }, stdio: 'ignore' });
const env = { ...process.env, PORT: String(PORT), PUBLIC_URL: url, X_API_URL: x, X_UPLOAD_URL: x, DATABASE_URL: `sqlite:${folder}/service.db`, ADMIN_API_KEY: key.authorization.slice(7), TWITTER_CHANNEL__LOGGING__LEVEL: 'error' };
const service = spawn('node', ['dist/main.js'], { env, stdio: ['ignore', 'ignore', 'inherit'] });

const residentMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))[1]) / 1_024;
const post = async (address, body) => (await fetch(address, { method: 'POST', headers: { ...key, 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
const get = async (path) => (await fetch(`${url}${path}`, { headers: key })).json();

async function eventually(ask) {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = await ask().catch(() => null);
    if (found) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('It took too long');
}

const hear = (body) => post(`${x}/sandbox/api/participants/${participant}/messages`, body);

async function bothWays(from, size) {
  const bytes = Buffer.alloc(size, 7);
  Buffer.from('\u0000\u0000\u0000\u0018ftypmp42', 'latin1').copy(bytes);
  const form = new FormData();
  form.set('file', new Blob([bytes]), 'film.mp4');
  const { id: mediaId } = await (await fetch(`${url}/v1/media`, { method: 'POST', headers: key, body: form })).json();
  const { id } = await post(`${url}/v1/messages`, { from, to: { number: participant }, content: { type: 'media', mediaId } });
  await eventually(async () => (await get(`/v1/messages/${id}`)).status === 'sent');
  const { eventId } = await hear({ to: from, text: 'A film', media: { kind: 'video', sizeBytes: size } });
  const { content } = await eventually(async () => (await get('/v1/messages?direction=inbound')).data.find(({ xMessageId }) => xMessageId === eventId));
  let read = 0;
  for await (const piece of (await fetch(`${url}${content.media.url}`, { headers: key })).body) read += piece.length;
  if (read !== size) throw new Error(`${read} of ${size} bytes came back`);
}

async function main() {
  const mb = Number(process.env.MEDIA_MB ?? 100);
  await eventually(async () => (await fetch(`${url}/health/ready`)).ok);
  const { consumerKey, consumerSecret, environments: [environmentName] } = SEED_APP;
  const [{ token: accessToken, tokenSecret: accessTokenSecret }] = SEED_GRANTS;
  const channel = await post(`${url}/v1/channels`, { name: 'Bench', consumerKey, consumerSecret, accessToken, accessTokenSecret, environmentName });
  await post(`${url}/v1/channels/${channel.id}/connect`, {});
  await hear({ to: channel.account.id, text: 'Hello' });
  // What it takes for its first work is not the film's.
  for (let n = 0; n < 2; n += 1) await bothWays(channel.account.id, 3 * MEGABYTE);
  const quiet = residentMb();
  let most = quiet;
  const watch = setInterval(() => (most = Math.max(most, residentMb())), 50);
  await bothWays(channel.account.id, mb * MEGABYTE).finally(() => clearInterval(watch));
  process.stdout.write(`${mb} MB both ways: ${Math.round(quiet)} MB before, ${Math.round(most)} MB at most, grown by ${Math.round(most - quiet)} MB\n`);
  process.exitCode = most - quiet > MOST_GROWTH_MB ? 1 : 0;
}

main()
  .catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  })
  .finally(() => {
    service.kill();
    sandbox.kill();
    rmSync(folder, { recursive: true, force: true });
  });
