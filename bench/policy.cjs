// `npm run build && node bench/policy.cjs [CONVERSATIONS]`: what deciding a send costs beside 1,000 conversations and beside
// 1,000,000 (or as many as given), each with its messages and its uses of X's limits in the past. Both in one run, in turns, in one
// process on two SQLite files; no X is asked. Prints the ratio, which is to be 1.3 at most.
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { performance } = require('node:perf_hooks');
const { compared, median, progress, runAlone } = require('./report.cjs');

const MANY = 1_000_000;
const FEW = 1_000;
const ROUNDS = 9;
const DECISIONS_A_ROUND = 400;
const BATCH = 50_000;
const DAY_MS = 86_400_000;
const CHANNEL = {
  team: 'default',
  name: 'Bench',
  consumerKey: 'benchConsumerKey',
  consumerSecret: 'bench-secret',
  accessToken: '1-bench-token',
  accessTokenSecret: 'bench-token-secret',
  environmentName: 'prod',
  eventsApi: 'account-activity-premium',
  messagesApi: 'v1.1',
  isDeclaredInConfig: false,
};

process.env.NODE_ENV ??= 'test';
const dist = (path) => require(join(__dirname, '..', 'dist', path));
const { createApp } = dist('app.setup.js');
const { loadSettings } = dist('config/load-settings.service.js');
const { Channels } = dist('channels/channels.service.js');
const { UnitOfWork } = dist('database/unit-of-work.service.js');
const { Reader } = dist('database/reader.service.js');
const { Conversations } = dist('messaging/conversation/conversations.service.js');
const { SendDecisions } = dist('messaging/acceptance/send-decisions.service.js');
const { LimitBook } = dist('rate-policy/limit-book.service.js');

/** The service on a file of its own, with so many conversations of one channel. */
async function open(folder, conversations) {
  const env = {
    PORT: '0',
    DATABASE_URL: `sqlite:${join(folder, `${conversations}.db`)}`,
    ADMIN_API_KEY: 'bench-admin-key-0123456789',
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    X_API_URL: 'http://127.0.0.1:9',
    X_UPLOAD_URL: 'http://127.0.0.1:9',
    TWITTER_CHANNEL__LOGGING__LEVEL: 'silent',
  };
  const app = await createApp(loadSettings({ env }));
  await app.init();
  const get = (service) => app.get(service, { strict: false });
  const channel = await get(Channels).create(CHANNEL, { id: '1488203456789012345', username: 'bench', name: 'Bench' });
  await fill(get(UnitOfWork), channel, conversations);
  return { app, get, conversations, parties: await get(LimitBook).partiesOf(channel) };
}

/** Every second conversation has an open window; each has a message of last week that counted, and 500 counted today. */
async function fill(unitOfWork, channel, conversations) {
  const now = Date.now();
  for (let from = 0; from < conversations; from += BATCH) {
    const numbers = `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${Math.min(from + BATCH, conversations)})`;
    await unitOfWork.run(async (manager) => {
      await manager.query(`INSERT INTO conversations (id, team, channel_id, account_id, participant_id, window_opened_at, window_used, last_seq, last_message_at, created_at)
        ${numbers} SELECT 'cnv_bench' || i, 'default', '${channel.id}', '${channel.accountId}', CAST(5000000000 + i AS text), ${now} - (i % 2) * ${2 * DAY_MS} - 1000, i % 5, 1, ${now}, ${now} FROM n`);
      await manager.query(`INSERT INTO messages (id, team, channel_id, conversation_id, seq, direction, source, content, text_fingerprint, status, charge, x_message_id, x_created_at, created_at, sent_at)
        ${numbers} SELECT 'msg_bench' || i, 'default', '${channel.id}', 'cnv_bench' || i, 1, 'outbound', 'api', '{"type":"text","text":"Hello"}', 'hello', 'sent', 'rate-limit', CAST(i AS text), ${now - 7 * DAY_MS}, ${now - 7 * DAY_MS}, ${now - 7 * DAY_MS} FROM n`);
      await manager.query(`INSERT INTO limit_uses (message_id, account_id, app_fingerprint, counted_at, began_at)
        ${numbers} SELECT 'msg_bench' || i, '${channel.accountId}', '${channel.appFingerprint}', CASE WHEN i < 500 THEN ${now} - i ELSE ${now - 7 * DAY_MS} - i END, ${now - 7 * DAY_MS} FROM n`);
    });
    progress(`${conversations.toLocaleString('en')} conversations: ${Math.min(100, Math.round(((from + BATCH) / conversations) * 100))} %`);
  }
}

/** Milliseconds for each decision of one round; `parity` 0 decides free replies, 1 sends that count. */
async function round({ get, conversations, parties }, parity) {
  const [decisions, rooms, unitOfWork, reader] = [SendDecisions, Conversations, UnitOfWork, Reader].map(get);
  const startedAt = performance.now();
  for (let n = 0; n < DECISIONS_A_ROUND; n += 1) {
    const index = 2 * Math.floor((n * conversations) / DECISIONS_A_ROUND / 2) + parity;
    const participantId = String(5_000_000_000 + index);
    const window = await rooms.findWindow(reader.manager, parties.channel.id, participantId);
    const { decision } = await unitOfWork.run((manager) => decisions.decide(manager, { parties, participantId, window, beyondAllotment: null }, true));
    const expected = parity === 0 ? 'reply' : 'rate-limit';
    if (decision.charge !== expected) throw new Error(`${decision.kind} ${decision.charge}, and not ${expected}`);
  }
  return (performance.now() - startedAt) / DECISIONS_A_ROUND;
}

async function measure([many = MANY] = []) {
  const rows = [];
  const folder = mkdtempSync(join(tmpdir(), 'dm-bench-policy-'));
  const sizes = [];
  try {
    for (const conversations of [FEW, many]) sizes.push(await open(folder, conversations));
    for (const [name, parity] of [['a free reply', 0], ['a send that counts', 1]]) {
      const times = sizes.map(() => []);
      for (let n = -1; n < ROUNDS; n += 1) {
        for (const [index, size] of sizes.entries()) {
          const ms = await round(size, parity);
          // The first round fills caches.
          if (n >= 0) times[index].push(ms);
        }
      }
      const [small, large] = times.map(median);
      rows.push(compared(`deciding ${name} beside ${many.toLocaleString('en')} conversations; beside ${FEW.toLocaleString('en')}`, [`${large.toFixed(2)} ms`, `${small.toFixed(2)} ms`], large / small, { most: 1.3 }));
    }
  } finally {
    await Promise.all(sizes.map(({ app }) => app.close()));
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

module.exports = { measure };
if (require.main === module) runAlone(measure);
