// `npm run replay -- <payload.json>`: signs a saved payload exactly as X would and posts it to a running service.
const { createHmac } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { resolve } = require('node:path');

const SIGNATURE_HEADER = 'x-twitter-webhooks-signature';
const USAGE = `Signs a saved payload of X and posts it to a running service.

  npm run replay -- <payload.json> [--url <webhook url>] [--secret <consumer secret>]

--url     the channel's webhookUrl. Found through the API when left out: SERVICE_URL (http://127.0.0.1:3000),
          API_KEY (a key with channels:read), and the payload's for_user_id.
--secret  the app's consumer secret, or CONSUMER_SECRET. The sandbox's own (sim-consumer-secret) when left out.

The bytes of the file are sent as they are. Ends with 0 when the service answered 200.`;

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

async function main() {
  const options = parse(process.argv.slice(2));
  if (options.file === undefined) {
    console.error(USAGE);
    process.exit(2);
  }
  // npm starts this in the project's folder and names the one it was started in.
  const body = readFileSync(resolve(process.env.INIT_CWD ?? '.', options.file));
  const url = options.url ?? (await findWebhookUrl(body));
  const signature = `sha256=${createHmac('sha256', options.secret).update(body).digest('base64')}`;
  console.log(`Posting ${body.length} bytes of ${options.file} to ${url}`);
  const startedAt = process.hrtime.bigint();
  const answer = await call(url, { method: 'POST', headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: signature }, body, redirect: 'manual' });
  const elapsedMs = Number(process.hrtime.bigint() - startedAt) / 1e6;
  const text = await answer.text();
  console.log(`HTTP ${answer.status} after ${elapsedMs.toFixed(0)} ms${text === '' ? '' : `: ${text}`}`);
  if (answer.status !== 200) process.exit(1);
}

function parse(args) {
  const options = { secret: process.env.CONSUMER_SECRET ?? 'sim-consumer-secret' };
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index];
    if (argument === '--url' || argument === '--secret') {
      index += 1;
      options[argument.slice(2)] = args[index];
    } else if (argument === '--help') {
      console.log(USAGE);
      process.exit(0);
    } else if (argument.startsWith('-') || options.file !== undefined) {
      console.error(`What is ${argument}?\n\n${USAGE}`);
      process.exit(2);
    } else {
      options.file = argument;
    }
  }
  return options;
}

async function call(url, init) {
  return fetch(url, init).catch((error) => {
    throw new Error(`${new URL(url).origin} does not answer (${error.cause?.code ?? error.message}). Is the service running?`);
  });
}

/** The webhook of the channel that the payload is for. */
async function findWebhookUrl(body) {
  const service = process.env.SERVICE_URL ?? 'http://127.0.0.1:3000';
  const key = process.env.API_KEY ?? process.env.ADMIN_API_KEY;
  if (key === undefined) throw new Error('Give --url, or API_KEY so that the channel can be looked up.');
  const forUserId = /"for_user_id"\s*:\s*"(\d+)"/.exec(body.toString('utf8'))?.[1];
  const answer = await call(`${service}/v1/channels?limit=100`, { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) throw new Error(`${service} answered ${answer.status}: ${await answer.text()}`);
  const { data } = await answer.json();
  const channel = data.find((candidate) => candidate.account.id === forUserId);
  if (channel === undefined) throw new Error(`No channel acts for ${forUserId ?? 'nobody: the payload has no for_user_id'}. Give --url.`);
  if (channel.webhookUrl === null) throw new Error('The service has no PUBLIC_URL, so the channel has no webhook address. Give --url.');
  return channel.webhookUrl;
}
