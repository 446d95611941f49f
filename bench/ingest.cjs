// `npm run build && node bench/ingest.cjs [SECONDS [CONNECTIONS]]`: signed events of 1.5 KB a second that are checked, durable on disk
// (SQLite, synchronous=FULL) and answered 200, beside three other servers in one run and in turns: the raw floor, X's own example
// server, which stores nothing, and plain TypeORM with a transaction for each event. With that one all that is done after the answer
// counts too. Then how long an answer takes at 1,000 events a second.
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const sqlite3 = require('sqlite3');
const { postAtRate, postFor } = require('./load.cjs');
const { nextEvent } = require('./peers/signed-events.cjs');
const { startAutohook, startPlain, startRaw, startService } = require('./ingest-servers.cjs');
const { compared, median, perSecond, progress, quantile, runAlone } = require('./report.cjs');

const ROUNDS = 3;
const RATE = 1_000;
const WANTED_P99_MS = 50;

/** How many events the service has taken in and not processed yet. */
function countWaiting(file) {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, sqlite3.OPEN_READONLY, (opening) => {
      if (opening !== null) return reject(opening);
      database.configure('busyTimeout', 5_000);
      return database.get("SELECT count(*) AS n FROM webhook_events WHERE status = 'received'", (error, row) => database.close(() => (error === null ? resolve(row.n) : reject(error))));
    });
  });
}

async function untilProcessed(file) {
  while ((await countWaiting(file)) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function measure([seconds = 4, connections = 50] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'dm-bench-ingest-'));
  const servers = [];
  try {
    for (const start of [startService, startRaw, startAutohook, startPlain]) servers.push(await start(folder));
    const answered = new Map(servers.map(({ name }) => [name, []]));
    const processed = [];
    const p99 = [];
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const { name, url, path, file } of servers) {
        progress(round < 0 ? `warming up ${name}` : `ingest, round ${round + 1} of ${ROUNDS}: ${name}`);
        const startedAt = performance.now();
        const took = await postFor(url, path, round < 0 ? 2 : seconds, connections, nextEvent);
        const answeredMs = performance.now() - startedAt;
        if (file !== undefined) await untilProcessed(file);
        if (round >= 0) {
          answered.get(name).push(took.length / (answeredMs / 1_000));
          if (file !== undefined) processed.push(took.length / ((performance.now() - startedAt) / 1_000));
        }
      }
    }
    const [service] = servers;
    for (let round = 0; round < ROUNDS; round += 1) {
      progress(`ingest at ${RATE} events/s, round ${round + 1} of ${ROUNDS}`);
      p99.push(quantile(await postAtRate(service.url, service.path, seconds, RATE, 200, nextEvent), 0.99));
      await untilProcessed(service.file);
    }
    const of = (name) => median(answered.get(name));
    const ours = of('service');
    const latency = median(p99);
    return [
      compared(`events answered, ${connections} connections; beside node:http and sqlite3 alone`, [perSecond(ours), perSecond(of('raw'))], ours / of('raw'), { least: 0.35 }),
      compared('the same; beside Autohook’s server, which stores nothing', [perSecond(ours), perSecond(of('autohook'))], ours / of('autohook'), { least: 0.4 }),
      compared('events answered and processed; beside a transaction for each with plain TypeORM', [perSecond(median(processed)), perSecond(of('plain'))], median(processed) / of('plain'), { least: 6 }),
      { what: `p99 of the answer at ${RATE} events/s`, ours: `${latency.toFixed(1)} ms`, beside: '', ratio: null, wanted: `at most ${WANTED_P99_MS} ms`, isReached: latency <= WANTED_P99_MS },
    ];
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { measure };
if (require.main === module) runAlone(measure);
