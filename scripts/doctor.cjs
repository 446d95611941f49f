// `npm run doctor -- <channel>`: has a running service check a channel, repair what it can, and prints what it found.
const USAGE = `Checks a channel of a running service now, repairs what can be repaired, and says what to do about the rest.

  npm run doctor -- [<channel>] [--look]

<channel>  its id, its name, its @user name or its X user id. Without one: every channel of the key's team.
--look     only prints what the last check found; X is asked nothing.

SERVICE_URL  where the service listens; http://HOST:PORT of this shell, or http://127.0.0.1:3000.
API_KEY      a key with channels:read and channels:write; ADMIN_API_KEY is taken too.

Ends with 0 when all is well, 1 when a check failed, 2 when it could not be asked.`;

const { HOST = '127.0.0.1', PORT = '3000' } = process.env;
const base = (process.env.SERVICE_URL ?? `http://${HOST}:${PORT}`).replace(/\/$/, '');
const key = process.env.API_KEY ?? process.env.ADMIN_API_KEY;

main().then(
  (isWell) => process.exit(isWell ? 0 : 1),
  (error) => {
    console.error(error.message);
    process.exit(2);
  },
);

async function main() {
  const args = process.argv.slice(2);
  const isLook = args.includes('--look');
  const [wanted, ...more] = args.filter((arg) => arg !== '--look');
  if (args.includes('--help')) {
    console.log(USAGE);
    return true;
  }
  if (more.length > 0 || wanted?.startsWith('--')) throw new Error(USAGE);
  if (key === undefined) throw new Error(`Set API_KEY to a key of the service.\n\n${USAGE}`);
  const channels = (await listChannels()).filter((channel) => wanted === undefined || isMeant(channel, wanted));
  if (channels.length === 0) throw new Error(wanted === undefined ? 'There is no channel yet.' : `No channel of this key's team is “${wanted}”.`);
  let isWell = true;
  for (const channel of channels) isWell = (await examine(channel, isLook)) && isWell;
  return isWell;
}

function isMeant({ id, name, account }, wanted) {
  return [id, name, account.id, account.username, `@${account.username}`].some((known) => known.toLowerCase() === wanted.toLowerCase());
}

async function examine(channel, isLook) {
  console.log(`${channel.name} (@${channel.account.username}, ${channel.account.id}), ${channel.id}`);
  if (!isLook) console.log('Asking X …');
  const health = await call(`/v1/channels/${channel.id}/${isLook ? 'health' : 'checks'}`, isLook ? 'GET' : 'POST');
  const width = Math.max(...health.checks.map(({ name }) => name.length));
  for (const { name, ok, detail, remedy } of health.checks) {
    console.log(`  ${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(width)}  ${detail}`);
    if (remedy !== null) console.log(`        ${' '.repeat(width)}  → ${remedy}`);
  }
  console.log(`  ${health.status}; last event ${health.lastEventAt ?? 'never'}, last challenge ${health.lastCrcAt ?? 'never'}, next check ${health.nextCheckAt ?? 'when you ask'}\n`);
  return health.checks.every(({ ok }) => ok);
}

async function listChannels() {
  const channels = [];
  for (let cursor = ''; cursor !== null; ) {
    const page = await call(`/v1/channels?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`, 'GET');
    channels.push(...page.data);
    cursor = page.page.next;
  }
  return channels;
}

async function call(path, method) {
  const answer = await fetch(`${base}${path}`, { method, headers: { authorization: `Bearer ${key}` } }).catch((error) => {
    throw new Error(`No service answers at ${base} (${error.cause?.code ?? error.message}): set SERVICE_URL.`);
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(`The service answered ${answer.status}: ${body.detail ?? 'no reason'}`);
  return body;
}
