// The conversation that `npm run demo` walks through: everything in it goes over HTTP, as a team, X and a participant would.

const BRAND = { id: '1488203456789012345', username: 'NajmTelecomCare' };
const PARTICIPANT = { id: '84391207', username: 'rania_kader_x', name: 'Rania' };
/** Takes messages from nobody. */
const STRANGER = { id: '2240417733', username: 'idris_vale_q' };

/** Invented credentials, which open the sandbox and nothing else. */
const CHANNEL = {
  name: 'Najm support',
  consumerKey: 'simConsumerKey',
  consumerSecret: 'sim-consumer-secret',
  accessToken: `${BRAND.id}-simAccessToken`,
  accessTokenSecret: 'sim-access-secret',
  environmentName: 'prod',
};

const REPLIES = [
  'Hello Rania, sorry to hear that. Which city are you in?',
  'Thank you. We see an outage there.',
  'It should be back within the hour.',
  'Please restart the phone then.',
  'Is there anything else?',
  'We have added 1 GB to your plan.',
];
const SEEN_WITHIN_MS = 10_000;

/** `say` prints a line; throws with what went wrong. */
async function tellTheStory({ service, sandbox, key, say }) {
  const api = client(service, { authorization: `Bearer ${key}` });
  const x = client(sandbox, {});
  const step = steps(say);

  step('A team configures a channel', 'POST /v1/channels');
  const channel = await configure(api, say);
  say(`     ${channel.id} acts for @${channel.account.username} (${channel.account.id}); its secrets are sealed and never shown again`);

  step('and connects it with X', `POST /v1/channels/${channel.id}/connect`);
  const connected = await api('POST', `/v1/channels/${channel.id}/connect`);
  const { webhooks } = await registered(x);
  say(`     status ${connected.status}; X challenged ${connected.webhookUrl} and finds it ${webhooks}`);

  step(`${PARTICIPANT.name} writes to the brand on X`);
  const text = 'Hi, my SIM stopped working <this morning> & I need it. Can you help?';
  const written = await x('POST', `/sandbox/api/participants/${PARTICIPANT.id}/messages`, { to: BRAND.id, text });
  say(`     @${PARTICIPANT.username}: ${text}`);
  say(`     X delivered the signed event to the webhook: HTTP ${written.delivery.status} after ${written.delivery.ms} ms, stored before the answer`);

  step('The team reads it', 'GET /v1/messages?direction=inbound');
  const inbound = await until(async () => {
    const { data } = await api('GET', '/v1/messages?direction=inbound&limit=20');
    return data.find((message) => message.xMessageId === written.eventId);
  }, 'the message to be there');
  say(`     ${inbound.id} from ${inbound.from.name} (${inbound.from.number}): ${inbound.content.text}`);
  say(`     reply window: ${windowWords(inbound.window)}, until ${inbound.window.expiresAt}`);

  step('The team answers, six times', 'POST /v1/messages');
  const sent = [];
  for (const reply of REPLIES) sent.push(await send(api, reply, say));

  step(`What ${PARTICIPANT.name} sees on the phone`);
  const ids = sent.map((message) => message.xMessageId);
  const phone = await until(async () => {
    const view = await x('GET', `/sandbox/api/conversations/${BRAND.id}/${PARTICIPANT.id}`);
    const arrived = view.messages.filter((message) => ids.includes(message.id));
    return arrived.length === ids.length ? { arrived, window: view.window } : undefined;
  }, 'the replies to arrive');
  for (const message of phone.arrived) {
    say(`     @${BRAND.username}: ${message.text}   [X counts it against its ${message.countedAgainst === 'allowance' ? 'free allowance' : 'rate limit'}]`);
  }
  const ours = sent.map((message) => message.charge);
  const xs = phone.arrived.map((message) => (message.countedAgainst === 'allowance' ? 'reply' : 'rate-limit'));
  if (ours.join() !== xs.join()) throw new Error(`the service charged ${ours.join(', ')}, X counted ${xs.join(', ')}.`);

  step('What is left of X’s limits', `GET /v1/channels/${channel.id}/limits`);
  const { limits } = await api('GET', `/v1/channels/${channel.id}/limits`);
  for (const limit of limits) say(`     ${limit.name.padEnd(12)} ${limit.used} of ${limit.limit} used, ${limit.remaining} left`);

  step(`May the team write first to @${STRANGER.username}, who never wrote?`, 'POST /v1/messages/check');
  const check = await api('POST', '/v1/messages/check', { from: BRAND.id, to: { number: STRANGER.id }, content: { type: 'text', text: 'Hello' } });
  say(`     ${check.allowed ? 'yes' : 'no'}: ${check.reasons[0]?.detail ?? 'X allows it'}`);

  say(`\n Done: ${ids.length} replies accepted, ${phone.arrived.length} arrived; what the service charged is what X counted.`);
}

/** A second start on the same data finds the channel that the first one made. */
async function configure(api, say) {
  const { data } = await api('GET', '/v1/channels?limit=100');
  const existing = data.find((channel) => channel.account.id === BRAND.id);
  if (existing === undefined) return api('POST', '/v1/channels', CHANNEL);
  say('     it is there already, from an earlier run on the same data');
  return existing;
}

async function registered(x) {
  const state = await x('GET', '/sandbox/api/state');
  const webhooks = (state.webhooks ?? []).filter((webhook) => webhook.valid ?? webhook.isValid);
  return { webhooks: webhooks.length > 0 ? 'valid' : 'not valid' };
}

async function send(api, text, say) {
  const accepted = await api('POST', '/v1/messages', {
    from: BRAND.id,
    to: { number: PARTICIPANT.id },
    content: { type: 'text', text },
    reference: 'DEMO-1',
  });
  const message = await until(async () => {
    const now = await api('GET', `/v1/messages/${accepted.id}`);
    if (['failed', 'unknown', 'expired'].includes(now.status)) throw new Error(`the message is ${now.status}: ${JSON.stringify(now.failure)}`);
    return now.status === 'sent' || now.status === 'read' ? now : undefined;
  }, 'the reply to be sent');
  const cost = accepted.charge === 'reply' ? 'free' : 'counts towards the rate limit';
  say(`     ${message.status}, ${cost.padEnd(29)}  ${windowWords(accepted.window)}   “${text}”`);
  return message;
}

function windowWords(window) {
  return window.open ? `${window.remaining} of ${window.allotment} free replies left` : 'closed';
}

function steps(say) {
  let number = 0;
  return (what, request) => {
    number += 1;
    say(`\n ${number}. ${what}${request === undefined ? '' : `   (${request})`}`);
  };
}

function client(origin, headers) {
  return async (method, path, body) => {
    const answer = await fetch(`${origin}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
}

async function until(look, what) {
  const deadline = Date.now() + SEEN_WITHIN_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${SEEN_WITHIN_MS / 1000} s for ${what}, in vain.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

module.exports = { tellTheStory };
