// `npm run demo`: the main job on a machine with nothing installed and without an X account. Installs, builds, starts the
// sandbox (an offline X) and the service on SQLite, and walks through a conversation. `-- --once` ends after it.
// DEMO_DATA_DIR puts its database, key and logs elsewhere than data/demo.
const { randomBytes } = require('node:crypto');
const { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const { createServer } = require('node:net');
const { join, relative, resolve } = require('node:path');
const { ensureBuilt } = require('./built.cjs');
const { tellTheStory } = require('./demo-story.cjs');
const { install } = require('./install.cjs');

const root = join(__dirname, '..');
const folder = resolve(process.env.DEMO_DATA_DIR ?? join(root, 'data', 'demo'));
const isOnce = process.argv.includes('--once');
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;

const children = [];
let isStopping = false;

main().catch((error) => {
  // What a stop cuts off fails, and that is no news.
  if (!isStopping) console.error(`\nThe demo stopped: ${error.message}`);
  void stop(1);
});

async function main() {
  // Ends npm itself when a signal comes, which an exit from here would leave running.
  await install();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(0));
  ensureBuilt();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const sandbox = `http://127.0.0.1:${await freePort(4010)}`;
  const service = `http://127.0.0.1:${await freePort(3000)}`;
  const key = apiKey();

  console.log('\nStarting the sandbox, an offline X …');
  start('sandbox', 'dist/sandbox/main.js', { PORT: new URL(sandbox).port });
  await isUp('sandbox', `${sandbox}/sandbox/api/state`);
  console.log('Starting the service on SQLite …');
  start('service', 'dist/main.js', {
    NODE_ENV: 'sandbox',
    PORT: new URL(service).port,
    PUBLIC_URL: service,
    X_API_URL: sandbox,
    X_UPLOAD_URL: sandbox,
    DATABASE_URL: `sqlite:${join(folder, 'demo.db')}`,
    ADMIN_API_KEY: key,
  });
  await isUp('service', `${service}/health/ready`);

  await tellTheStory({ service, sandbox, key, say: console.log });
  if (isOnce) {
    await stop(0);
    return;
  }
  console.log(`
Everything stays up until you press Ctrl+C.

  Docs explorer         ${service}/docs
    API key             ${key}
    (press Authorize, paste the key, and try "Send a message")
  The participant's phone  ${sandbox}/
  Is the channel alive?    API_KEY=${key} SERVICE_URL=${service} npm run doctor
  Logs                  ${relative(root, folder)}/service.log, sandbox.log
`);
}

/** One key for all runs, since a second start goes on with the same data. */
function apiKey() {
  const file = join(folder, 'admin-api-key');
  if (!existsSync(file)) writeFileSync(file, `demo-${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

function start(name, file, env) {
  const log = openSync(join(folder, `${name}.log`), 'w', 0o600);
  const child = spawn(process.execPath, [join(root, file)], { cwd: root, env: { ...environment(), HOST: '127.0.0.1', ...env }, stdio: ['ignore', log, log] });
  children.push({ name, child });
  child.once('exit', (code, signal) => {
    if (isStopping) return;
    console.error(`\nThe ${name} ended by itself (${signal ?? `exit code ${code}`}). It printed:\n${readFileSync(join(folder, `${name}.log`), 'utf8')}`);
    void stop(1);
  });
}

/** Without the settings of a real service that this shell may hold: the demo must not touch its data or its X. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TWITTER_CHANNEL__|ENCRYPTION_KEY|CONFIG_DIR$)/.test(name)));
}

async function isUp(name, url) {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline && !isStopping) {
    const isAnswering = await fetch(url).then((answer) => answer.ok, () => false);
    if (isAnswering) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the ${name} did not answer at ${url} within ${READY_WITHIN_MS / 1000} s.`);
}

/** The usual port, or any free one when something else has it. */
function freePort(wanted) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => (wanted === 0 ? reject(error) : resolve(freePort(0))));
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function stop(code) {
  if (isStopping) return;
  isStopping = true;
  if (children.length > 0) console.log('\nStopping …');
  // The service first: it may still want to tell X something.
  for (const { child } of [...children].reverse()) await end(child);
  process.exit(code);
}

function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
