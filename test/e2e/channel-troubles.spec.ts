import { startWebhookReceiver, type WebhookReceiver } from '../../src/sandbox/testing/webhook-receiver.service.js';
import { seedKeys, XCaller } from '../../src/sandbox/testing/x-caller.service.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/processes.js';
import { RunningClock } from '../support/running-clock.js';
import type { AnswerBody } from './answers.js';
import { NAJM, NAJM_APP_ID, RANIA } from './cast.js';
import { type Both, connectNajm, fault, type Service, startBoth, startService } from './service.js';

const HOUR_MS = 3_600_000;
const NEVER = '1728000000';
/** What the five minutes between two checks, and the seconds of the others, are here. */
const CHECK_MS = 1_000;
const JITTER_MS = 200;
const ON = { TWITTER_CHANNEL__TIMETABLE__SUBSCRIPTION_CHECK_MS: String(CHECK_MS), TWITTER_CHANNEL__TIMETABLE__SUBSCRIPTION_CHECK_JITTER_MS: String(JITTER_MS), TWITTER_CHANNEL__TIMETABLE__RECOVERY_MS: '200' };
const OFF = { TWITTER_CHANNEL__TIMETABLE__SUBSCRIPTION_CHECK_MS: NEVER, TWITTER_CHANNEL__TIMETABLE__SUBSCRIPTION_CHECK_JITTER_MS: '0', TWITTER_CHANNEL__TIMETABLE__RECOVERY_MS: NEVER };

interface Ground {
  both: Both;
  clock: RunningClock;
  channel: AnswerBody;
  jobs: Record<string, string>;
  front: WebhookReceiver;
}

interface Trouble {
  name: string;
  begin: (ground: Ground) => unknown;
  /** What was said while it began, and X told nobody. */
  alsoSaid?: string[];
  /** What the channel says while it lasts; null when it is mended by the check that notices it. */
  reported: { status: string; check: string; remedy: RegExp } | null;
  /** How it ends: at X, or by a person who does what the remedy says. */
  end?: (ground: Ground) => unknown;
  /** X calls a stand-in for the proxy before us, and not us. */
  isBehindFront?: true;
}

const webhookId = ({ both }: Ground): string => both.sandbox.overview.webhooks()[0]?.id ?? '';
const patchChannel = ({ both, channel }: Ground, body: unknown) => both.service.call(`/v1/channels/${channel['id']}`, { method: 'PATCH', body });
const connect = ({ both, channel }: Ground, body?: unknown) => both.service.call(`/v1/channels/${channel['id']}/connect`, { method: 'POST', body });

async function restart({ both, clock, jobs }: Ground, port: number): Promise<void> {
  const { stop } = await startService({ databaseUrl: both.databaseUrl, sandboxUrl: both.sandbox.url, clock, port, env: jobs }).then((service: Service) => Object.assign(both.service, service));
  both.service.stop = stop;
}

const TROUBLES: Trouble[] = [
  { name: 'the webhook is invalidated', begin: (ground) => ground.both.sandbox.webhooks.invalidate(webhookId(ground)), reported: null },
  { name: 'the subscription is dropped', begin: ({ both }) => both.sandbox.webhooks.unsubscribe(NAJM.id), reported: null },
  {
    name: 'a foreign webhook is in our place',
    begin: async (ground) => {
      const x = new XCaller(ground.both.sandbox.url, seedKeys(NAJM.id));
      await x.call('DELETE', `/1.1/account_activity/all/prod/webhooks/${webhookId(ground)}.json`);
      await x.call('POST', '/1.1/account_activity/all/prod/webhooks.json', { form: { url: ground.front.url } });
    },
    reported: { status: 'degraded', check: 'webhook-registered', remedy: /"takeOver": true/ },
    end: (ground) => connect(ground, { takeOver: true }),
  },
  {
    name: 'our address changes',
    begin: async (ground) => {
      await ground.both.service.stop();
      await restart(ground, await freePort());
    },
    reported: null,
  },
  {
    name: 'the account withdraws access, and X’s event of it is lost',
    begin: async ({ both }) => {
      fault(both.sandbox, { route: 'delivery', kind: 'delivery-drop' });
      await both.sandbox.people.revoke(NAJM.id);
    },
    reported: { status: 'revoked', check: 'credentials', remedy: /Keys and tokens/ },
    end: (ground) => {
      const { token, tokenSecret } = ground.both.sandbox.people.authorize(NAJM.id, {});
      return patchChannel(ground, { accessToken: token, accessTokenSecret: tokenSecret });
    },
  },
  {
    name: 'X is down for an hour',
    begin: ({ both }) => {
      fault(both.sandbox, { route: 'any', kind: 'status', status: 503, times: null });
      fault(both.sandbox, { route: 'delivery', kind: 'delivery-drop', times: null });
    },
    reported: { status: 'degraded', check: 'credentials', remedy: /Trying again is safe/ },
    end: ({ both, clock }) => {
      clock.advance(HOUR_MS);
      both.sandbox.faults.remove();
    },
  },
  {
    name: 'our process is down for a day',
    alsoSaid: ['while we were away'],
    begin: async (ground) => {
      const port = Number(new URL(ground.both.service.url).port);
      await ground.both.service.stop();
      await ground.both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'while we were away' });
      ground.clock.advance(24 * HOUR_MS);
      await restart(ground, port);
    },
    reported: null,
  },
  {
    name: 'the label has other capitals',
    begin: ({ both }) => {
      both.sandbox.people.patchApp(NAJM_APP_ID, { environments: ['Prod'] });
      both.sandbox.webhooks.unsubscribe(NAJM.id);
    },
    reported: { status: 'degraded', check: 'environment', remedy: /Capitals count.*“Prod”/ },
    end: ({ both }) => both.sandbox.people.patchApp(NAJM_APP_ID, { environments: ['prod'] }),
  },
  {
    name: 'the tokens’ permission is reduced',
    begin: ({ both }) => both.sandbox.people.patchAccount(NAJM.id, { accessLevel: 'read-write' }),
    reported: { status: 'degraded', check: 'direct-message-permission', remedy: /“Read, write and Direct Messages”/ },
    end: ({ both }) => both.sandbox.people.patchAccount(NAJM.id, { accessLevel: 'read-write-directmessages' }),
  },
  {
    name: 'X’s challenge is answered too late',
    isBehindFront: true,
    begin: async ({ both, front }) => {
      front.behave('slow');
      await both.sandbox.webhooks.challengeAll();
    },
    reported: { status: 'degraded', check: 'webhook-valid', remedy: /proxy between X and this service/ },
    // The check leaves X alone after two failures in a row; here hours pass at once.
    end: ({ front, clock }) => {
      front.behave('right');
      clock.advance(HOUR_MS);
    },
  },
];

describe.each(TROUBLES)('When $name', ({ begin, alsoSaid = [], reported, end, isBehindFront }) => {
  let ground: Ground;

  async function prepare(jobs: Record<string, string>): Promise<void> {
    const clock = new RunningClock();
    const front = await startWebhookReceiver(NAJM.credentials.consumerSecret);
    const both = await startBoth({ clock, env: { ...jobs, ...(isBehindFront ? { PUBLIC_URL: new URL(front.url).origin } : {}) } });
    ground = { both, clock, jobs, front, channel: await connectNajm(both.service) };
  }
  afterEach(async () => {
    await ground.both.stop();
    await ground.front.close();
  });

  const channel = async () => (await ground.both.service.call(`/v1/channels/${ground.channel['id']}`)).body;
  const health = async () => (await ground.both.service.call(`/v1/channels/${ground.channel['id']}/health`)).body;
  const say = (text: string) => ground.both.sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text });
  const isHealthy = (): boolean => {
    const { webhooks, subscriptions } = ground.both.sandbox.overview.state();
    return webhooks.some(({ isValid, url }) => isValid && url !== ground.front.url) && subscriptions.some(({ accountId }) => accountId === NAJM.id);
  };
  const heard = async (): Promise<string[]> => (await ground.both.service.call('/v1/messages?direction=inbound&limit=100')).body['data'].map(({ content }) => content.text);

  /** Resolves once the service has told or mended it. */
  const notice = (withinMs: number, said: string[]): Promise<void> =>
    eventually(
      async () => {
        if (reported === null) {
          expect([(await channel())['status'], isHealthy() || isBehindFront]).toEqual(['connected', true]);
          expect(await heard()).toEqual(expect.arrayContaining(said));
        } else {
          expect((await channel())['status']).toBe(reported.status);
          expect((await health())['checks'].find(({ name }) => name === reported.check)).toMatchObject({ ok: false, remedy: expect.stringMatching(reported.remedy) as string });
        }
      },
      'it is noticed',
      { withinMs },
    );

  it('it is noticed at the next check, mended or told with what to do, and no message that X has is lost', async () => {
    await prepare(ON);
    await begin(ground);
    await say('in the middle of it');
    await notice(CHECK_MS + JITTER_MS + 10_000, ['in the middle of it', ...alsoSaid]);
    await end?.(ground);
    await eventually(async () => expect((await channel())['status']).toBe('connected'), 'it is well again', { withinMs: 15_000 });
    await say('after it');
    const expected = [...alsoSaid, 'in the middle of it', ...(isBehindFront ? [] : ['after it'])];
    await eventually(async () => expect(await heard()).toEqual(expect.arrayContaining(expected)), 'all is there', { withinMs: 15_000 });
    const all = await heard();
    expect(new Set(all).size).toBe(all.length);
  }, 60_000);

  it('control: with the jobs switched off nobody notices', async () => {
    await prepare(OFF);
    await begin(ground);
    await say('in the middle of it');
    await expect(notice(2_500, ['in the middle of it', ...alsoSaid])).rejects.toThrow('it is noticed');
  }, 60_000);
});
