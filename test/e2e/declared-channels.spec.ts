import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { eventually } from '../support/eventually.js';
import { type AnswerBody, having } from './answers.js';
import { FIBRE, NAJM, NEWS, RANIA } from './cast.js';
import { FIBRE_CHANNEL, type Service, startService, textTo } from './service.js';

const { consumerKey, consumerSecret, accessToken, accessTokenSecret } = NAJM.credentials;

/** The brand as an operator declares it: one secret in a variable, one in a file. */
const entry = (folder: string, more: string[] = [], name = 'Najm declared') =>
  [
    `  - name: ${name}`,
    `    consumerKey: ${consumerKey}`,
    '    consumerSecret: ${NAJM_CONSUMER_SECRET}',
    `    accessToken: file:${join(folder, 'access-token')}`,
    '    accessTokenSecret: ${NAJM_ACCESS_TOKEN_SECRET}',
    '    environmentName: prod',
    ...more,
  ].join('\n');

describe('Channels declared in YAML', () => {
  let folder: string;
  let sandbox: Sandbox;
  let service: Service | null = null;

  const secrets = { NAJM_CONSUMER_SECRET: consumerSecret, NAJM_ACCESS_TOKEN_SECRET: accessTokenSecret };
  const start = async (channels: string, env: Record<string, string> = {}): Promise<Service> => {
    await service?.stop();
    writeFileSync(join(folder, 'config', 'production.yaml'), channels === '' ? '' : `channels:\n${channels}\n`);
    service = await startService({
      databaseUrl: `sqlite:${join(folder, 'service.db')}`,
      sandboxUrl: sandbox.url,
      env: { CONFIG_DIR: join(folder, 'config'), NODE_ENV: 'production', ...secrets, ...env },
    });
    return service;
  };
  const list = async (): Promise<AnswerBody[]> => (await (service as Service).call('/v1/channels')).body['data'];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dm-channel-declared-'));
    cpSync(resolve('config'), join(folder, 'config'), { recursive: true });
    writeFileSync(join(folder, 'access-token'), `${accessToken}\n`);
    sandbox = await startSandbox();
  });
  afterEach(async () => {
    await service?.stop();
    service = null;
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are there after the start, with their policy, and say that they are declared', async () => {
    await start(entry(folder, ['    policy: { beyondAllotment: hold }']));
    expect(await list()).toEqual([
      having({
        name: 'Najm declared',
        account: { id: NAJM.id, username: NAJM.username, name: 'Najm Telecom Care' },
        environmentName: 'prod',
        status: 'pending',
        policy: { beyondAllotment: 'hold' },
        declaredInConfig: true,
      }),
    ]);
  });

  it('connect by themselves when that is declared, and then hear and send', async () => {
    const { call } = await start(entry(folder, ['    connect: true']));
    await eventually(async () => expect((await list())[0]?.['status']).toBe('connected'), 'it is connected');
    await sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'Hello' });
    await eventually(async () => expect((await call('/v1/messages')).body['data']).toHaveLength(1), 'it hears');
    expect((await call('/v1/messages', { body: textTo('Hi') })).status).toBe(202);
    await eventually(() => expect(sandbox.ledger.sends).toHaveLength(1), 'it sends');
  });

  it('can be read over REST but not changed or deleted', async () => {
    const { call } = await start(entry(folder));
    const [channel] = await list();
    const path = `/v1/channels/${channel?.['id']}`;
    for (const [method, body] of [['PATCH', { name: 'Mine' }], ['PATCH', { paused: true }], ['DELETE', undefined]] as const) {
      const answer = await call(path, { method, ...(body === undefined ? {} : { body }) });
      expect([answer.status, answer.body['code']]).toEqual([409, 'channel.declared-in-config']);
    }
    expect((await call(path)).body).toEqual(channel);
    expect((await call(`${path}/connect`, { method: 'POST' })).body['status']).toBe('connected');
  });

  it('stay the same channels at the next start, changed as the file says, also with new tokens', async () => {
    await start(entry(folder, ['    connect: true']));
    await eventually(async () => expect((await list())[0]?.['status']).toBe('connected'), 'it is connected');
    const [before] = await list();

    const { token, tokenSecret } = sandbox.people.authorize(NAJM.id, {});
    writeFileSync(join(folder, 'access-token'), token);
    await start(entry(folder, ['    policy: { beyondAllotment: refuse }'], 'Najm renamed'), { NAJM_ACCESS_TOKEN_SECRET: tokenSecret });
    const [after] = await list();
    expect(after).toMatchObject({ id: before?.['id'], name: 'Najm renamed', policy: { beyondAllotment: 'refuse' }, declaredInConfig: true, status: 'connected' });
    expect(after?.['secrets'].accessToken.updatedAt).not.toBe(before?.['secrets'].accessToken.updatedAt);
    expect(after?.['secrets'].consumerSecret).toEqual(before?.['secrets'].consumerSecret);
  });

  it('take over a channel that was made over REST, and are ordinary channels again once they are no longer declared', async () => {
    const first = await start('');
    const made = (await first.call('/v1/channels', { body: { name: 'By hand', ...NAJM.credentials, environmentName: 'prod' } })).body;
    await start(entry(folder));
    expect(await list()).toEqual([having({ id: made['id'], name: 'Najm declared', declaredInConfig: true })]);

    const { call } = await start('');
    expect(await list()).toEqual([having({ id: made['id'], declaredInConfig: false })]);
    expect((await call(`/v1/channels/${made['id']}`, { method: 'PATCH', body: { name: 'By hand again' } })).status).toBe(200);
    expect((await call(`/v1/channels/${made['id']}`, { method: 'DELETE' })).status).toBe(204);
  });

  it('do not keep the others from starting when X refuses one of them, or is away', async () => {
    const news = Object.entries({ NEWS_TOKEN: NEWS.credentials.accessToken, NEWS_SECRET: NEWS.credentials.accessTokenSecret });
    const refused = entry(folder, [], 'News').replace(/file:\S+/, '${NEWS_TOKEN}').replace('${NAJM_ACCESS_TOKEN_SECRET}', '${NEWS_SECRET}');
    await start(`${refused}\n${entry(folder)}`, Object.fromEntries(news));
    expect((await list()).map(({ name }) => name)).toEqual(['Najm declared']);

    sandbox.faults.add({ route: 'any', kind: 'status', status: 503, times: null, participant: null, delayMs: null, code: null, message: null, body: null });
    const { call } = await start(entry(folder));
    expect(await list()).toEqual([having({ name: 'Najm declared', declaredInConfig: true })]);
    expect((await call('/health/ready')).status).toBe(200);
  });

  it('belong to the team that is named, and leave room for channels made over REST', async () => {
    const { call } = await start(entry(folder, ['    team: shop']));
    expect(await list()).toEqual([]);
    const { body } = await call('/v1/api-keys', { body: { team: 'shop', scopes: ['channels:read', 'channels:write'] } });
    expect((await call('/v1/channels', { key: body['key'] })).body['data']).toEqual([having({ name: 'Najm declared' })]);
    expect((await call('/v1/channels', { body: FIBRE_CHANNEL })).body).toMatchObject({ account: { id: FIBRE.id }, declaredInConfig: false });
  });

  it.each([
    ['a secret written out', (yaml: string) => yaml.replace('${NAJM_CONSUMER_SECRET}', consumerSecret), /channels\[0\]\.consumerSecret/],
    ['a variable that is not set', (yaml: string) => yaml.replace('NAJM_CONSUMER_SECRET', 'NOT_SET_ANYWHERE'), /NOT_SET_ANYWHERE/],
    ['a file that is not there', (yaml: string) => yaml.replace('access-token', 'no-such-file'), /no-such-file/],
    ['a setting that nobody knows', (yaml: string) => `${yaml}\n    colour: blue`, /channels\[0\]\.colour/],
  ])('stop the start with one message when there is %s, and it shows no secret', async (_what, change, said) => {
    const error = await start(change(entry(folder))).catch((reason: unknown) => reason as Error);
    expect(error).toBeInstanceOf(Error);
    const { message } = error as Error;
    expect(message).toMatch(said);
    for (const secret of [consumerSecret, accessToken, accessTokenSecret]) expect(message).not.toContain(secret);
  });
});
