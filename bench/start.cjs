// `npm run build && node bench/start.cjs`: from the start of the process until it is ready, with a database that is there already, and
// what it keeps in memory when nothing happens; beside the least that NestJS is, in turns.
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { end, start } = require('./programs.cjs');
const { compared, median, progress, runAlone } = require('./report.cjs');

const ROUNDS = 5;
const IDLE_MS = 8_000;

const ours = (folder) =>
  start('main.js', {
    PORT: String(20_000 + Math.floor(Math.random() * 20_000)),
    DATABASE_URL: `sqlite:${join(folder, 'service.db')}`,
    ADMIN_API_KEY: 'bench-admin-key-0123456789',
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    X_API_URL: 'http://127.0.0.1:9',
    X_UPLOAD_URL: 'http://127.0.0.1:9',
    TWITTER_CHANNEL__LOGGING__LEVEL: 'error',
  });

const bare = () => start(join(__dirname, 'peers', 'hello-nest.cjs'), {});

async function untilAnswers(url) {
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const residentMegabytes = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

async function once(begin, path) {
  const startedAt = performance.now();
  const { child, url } = await begin();
  await untilAnswers(`${url}${path}`);
  const readyMs = performance.now() - startedAt;
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const megabytes = residentMegabytes(child.pid);
  await end(child);
  return { readyMs, megabytes };
}

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'dm-bench-start-'));
  const service = [];
  const hello = [];
  try {
    for (let round = 0; round <= ROUNDS; round += 1) {
      progress(round === 0 ? 'making the database' : `start, round ${round} of ${ROUNDS}`);
      const results = [await once(() => ours(folder), '/health/ready'), await once(bare, '/')];
      if (round > 0) {
        service.push(results[0]);
        hello.push(results[1]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const of = (results, field) => median(results.map((result) => result[field]));
  const [ready, bareReady] = [of(service, 'readyMs'), of(hello, 'readyMs')];
  const [megabytes, bareMegabytes] = [of(service, 'megabytes'), of(hello, 'megabytes')];
  return [
    compared('start until ready; beside the least that NestJS is', [`${(ready / 1_000).toFixed(2)} s`, `${(bareReady / 1_000).toFixed(2)} s`], ready / bareReady, { most: 2.5 }),
    compared('memory when idle; beside the same', [`${megabytes.toFixed(0)} MB`, `${bareMegabytes.toFixed(0)} MB`], megabytes / bareMegabytes, { most: 1.8 }),
  ];
}

module.exports = { measure };
if (require.main === module) runAlone(measure);
