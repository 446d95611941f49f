// Signed events of X as all the measured servers take them, and what a server has to do with one before anything else.
const { createHmac, timingSafeEqual } = require('node:crypto');

const BRAND = '1488203456789012345';
const CONSUMER_SECRET = 'sim-consumer-secret';
const SIGNATURE = 'x-twitter-webhooks-signature';
const PARTICIPANTS = 500;

const sign = (body) => `sha256=${createHmac('sha256', CONSUMER_SECRET).update(body).digest('base64')}`;

let events = 0;

/** The next event, which nothing has seen: a message to the brand, in some 1.5 KB as X writes it. */
function nextEvent() {
  events += 1;
  const sender = String(84_000_000 + (events % PARTICIPANTS));
  const body = JSON.stringify({
    for_user_id: BRAND,
    direct_message_events: [
      {
        type: 'message_create',
        id: `2089${String(process.pid).padStart(7, '0')}${String(events).padStart(8, '0')}`,
        created_timestamp: String(Date.now()),
        message_create: { target: { recipient_id: BRAND }, sender_id: sender, message_data: { text: `${events} ${'x'.repeat(280)}`, entities: { hashtags: [], symbols: [], user_mentions: [], urls: [] } } },
      },
    ],
    users: {
      [sender]: { id: sender, created_timestamp: '1422556069340', name: 'A participant', screen_name: `p_${sender}`, description: 'y'.repeat(240), protected: false, verified: false, followers_count: 12 },
      [BRAND]: { id: BRAND, created_timestamp: '1422556069340', name: 'Bench', screen_name: 'bench', description: 'z'.repeat(240), protected: false, verified: true, followers_count: 120_000 },
    },
  });
  return { headers: { [SIGNATURE]: sign(body) }, body };
}

/** The body of a request, and whether X has signed it. */
async function readSigned(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const [given, own] = [Buffer.from(request.headers[SIGNATURE] ?? ''), Buffer.from(sign(body))];
  return { body, isSigned: given.length === own.length && timingSafeEqual(given, own) };
}

module.exports = { BRAND, CONSUMER_SECRET, nextEvent, readSigned };
