import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forEachEngine } from '../support/engines.js';
import { RunningClock } from '../support/running-clock.js';
import { formOf, sampleOf } from '../support/media-samples.js';
import { FIBRE, IDRIS, NAJM, NEWS, RANIA, TOM } from '../e2e/cast.js';
import { ADMIN_KEY, type Both, NAJM_CHANNEL, startBoth, textTo } from '../e2e/service.js';
import { run } from './campaign.js';
import type { Document } from './document.js';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 3_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_126);
const QUARTER_HOUR_MS = 15 * 60_000;
const MINUTES_MS = 60_000;

const credentials = [FIBRE.credentials, FIBRE.credentials, FIBRE.credentials, FIBRE.credentials, NAJM.credentials, NEWS.credentials];

/** What chance does not bring to a success; all else has to have one, or the run shows less than it says. */
const NEED_MORE_THAN_CHANCE = [
  'Uploads.create', // a form of parts is not made from the document
  'Authorizations.callback', // a person has to sign in at X
  'Channels.patch', // four of its fields are credentials, which have to be those of the very channel
  'MessageOutcome.resolve', // a message has to be unknown at that moment
];

/** May be written to first, and never writes. */
const FOLLOWER_ID = '1155443322110099887';

/** What X knows, by the names of the fields that it is given in. */
const WORDS = {
  from: [NAJM.id, NAJM.id, FIBRE.id],
  number: [RANIA.id, RANIA.id, FOLLOWER_ID, TOM.id, IDRIS.id],
  username: [RANIA.username, `@${RANIA.username}`, 'nobody_at_all'],
  consumerKey: [NAJM.credentials.consumerKey],
  consumerSecret: [NAJM.credentials.consumerSecret],
  accessToken: credentials.map(({ accessToken }) => accessToken),
  accessTokenSecret: credentials.map(({ accessTokenSecret }) => accessTokenSecret),
  environmentName: ['prod', 'prod', 'dev'],
  // Nobody listens there.
  url: ['http://127.0.0.1:9/hooks'],
};

forEachEngine((engine) => {
  describe('Requests made from the OpenAPI document', () => {
    const clock = new RunningClock();
    let both: Both;

    let directory: string;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'dm-channel-media-'));
      both = await startBoth({ clock, databaseUrl: await engine.createDatabaseUrl(), env: { TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1', TWITTER_CHANNEL__MEDIA__DIRECTORY: directory } });
    });
    afterAll(async () => {
      await both.stop();
      await rm(directory, { recursive: true, force: true });
    });

    /** The brand's channel is there and connected, a participant wrote to it, and X's limits have a new window. */
    const prepare = async (): Promise<string[]> => {
      clock.advance(QUARTER_HOUR_MS);
      const made = await both.service.call('/v1/channels', { body: NAJM_CHANNEL });
      await both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'Hello' });
      // Waits for the follower's own message, so that there is something to cancel.
      const held = await both.service.call('/v1/messages', { body: { ...textTo('Later', FOLLOWER_ID), beyondAllotment: 'hold' } });
      const upload = await fetch(`${both.service.url}/v1/media`, { method: 'POST', headers: { authorization: `Bearer ${ADMIN_KEY}` }, body: formOf(sampleOf('png', 1_000)) });
      const uploaded = await upload.text();
      if (made.status !== 201) return [held.text, uploaded];
      return [held.text, uploaded, made.text, (await both.service.call(`/v1/channels/${made.body['id']}/connect`, { method: 'POST', body: { takeOver: true } })).text];
    };

    it(
      `answer what the document says: no 5xx, what is valid accepted, what is invalid refused (${REQUESTS} requests)`,
      async () => {
        const { body: document } = await both.service.call<Document>('/openapi.json');
        const report = (line: string): boolean => process.stderr.write(`${line}\n`);
        const began = performance.now();
        const outcome = await run({
          url: both.service.url,
          document,
          secrets: { key: ADMIN_KEY, consumerSecret: NAJM.credentials.consumerSecret },
          seed: SEED,
          requests: REQUESTS,
          now: () => clock.now(),
          words: WORDS,
          prepare,
          report,
        });
        const seconds = Math.round((performance.now() - began) / 1_000);
        report(`On ${engine.name}, FUZZ_SEED=${SEED}: ${outcome.sent} requests in ${seconds} s, ${JSON.stringify(outcome.byStatus)}, ${JSON.stringify(outcome.byKind)}`);
        expect(outcome.failures.join('\n\n')).toBe('');
        expect(outcome.sent).toBe(REQUESTS);
        const neverDone = Object.values(document.paths)
          .flatMap((item) => Object.values(item).map(({ operationId }) => operationId))
          .filter((id) => !outcome.succeeded.has(id) && !NEED_MORE_THAN_CHANCE.includes(id));
        // A short run has no time for all.
        expect(REQUESTS < 3_000 ? [] : neverDone).toEqual([]);
      },
      MINUTES_MS * 2 + REQUESTS * 60,
    );
  });
});
