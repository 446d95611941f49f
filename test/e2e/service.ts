import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.setup.js';
import { loadSettings } from '../../src/config/load-settings.service.js';
import type { Clock } from '../../src/kernel/clock.js';
import type { FaultSettings } from '../../src/sandbox/control/fault.js';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/processes.js';
import type { AnswerBody } from './answers.js';
import { FIBRE, NAJM, RANIA } from './cast.js';

export const ADMIN_KEY = 'e2e-admin-key-0123456789';

/** An answer, read to its end. `text` are the bytes that came, for comparing answers byte for byte. */
export interface Answer<Body = AnswerBody> {
  status: number;
  headers: Headers;
  text: string;
  body: Body;
}

export interface CallOptions {
  method?: string;
  /** Sent as JSON; with `raw` the bytes are sent as they are. */
  body?: unknown;
  raw?: string | Buffer;
  headers?: Record<string, string>;
  /** Null: no key. */
  key?: string | null;
}

export interface Service {
  url: string;
  app: NestFastifyApplication;
  call: <Body = AnswerBody>(path: string, options?: CallOptions) => Promise<Answer<Body>>;
  /** Stops the service; the data stay for another `startService` with the same `databaseUrl`. */
  stop: () => Promise<void>;
}

export interface ServiceOptions {
  databaseUrl: string;
  sandboxUrl: string;
  clock?: Clock;
  env?: Record<string, string>;
  /** A free one, unless X is to find a service again under the address that it knows. */
  port?: number;
}

/** The whole service on a free port of loopback, its X being the sandbox. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const loaded = loadSettings({
    env: {
      CONFIG_DIR: resolve('config'),
      PORT: String(port),
      PUBLIC_URL: url,
      DATABASE_URL: options.databaseUrl,
      ADMIN_API_KEY: ADMIN_KEY,
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      X_API_URL: options.sandboxUrl,
      X_UPLOAD_URL: options.sandboxUrl,
      TWITTER_CHANNEL__LOGGING__LEVEL: process.env['E2E_LOG'] ?? 'silent',
      TWITTER_CHANNEL__MESSAGING__POLL_MS: '100',
      TWITTER_CHANNEL__ACCESS__REQUESTS_PER_MINUTE: '0',
      TWITTER_CHANNEL__DATABASE__POSTGRES_MAY_LOSE_COMMITS: 'true',
      TWITTER_CHANNEL__ACCESS__WRONG_KEYS_PER_MINUTE: '0',
      ...options.env,
    },
  });
  const app = await createApp(loaded, options.clock);
  await app.listen(port, '127.0.0.1');
  return { url, app, call: (path, call) => callService(`${url}${path}`, call), stop: () => app.close() };
}

export interface Both {
  sandbox: Sandbox;
  service: Service;
  databaseUrl: string;
  stop: () => Promise<void>;
}

/** A sandbox and a service beside it; without a `databaseUrl` on a SQLite file that goes when they do. */
export async function startBoth(options: Partial<ServiceOptions> & { x?: SandboxOptions } = {}): Promise<Both> {
  const { x, ...own } = options;
  const folder = mkdtempSync(join(tmpdir(), 'dm-channel-e2e-'));
  const databaseUrl = options.databaseUrl ?? `sqlite:${join(folder, 'service.db')}`;
  const { clock } = options;
  const sandbox = await startSandbox({ ...x, ...(clock === undefined ? {} : { now: () => clock.now() }) });
  const service = await startService({ sandboxUrl: sandbox.url, ...own, databaseUrl });
  return {
    sandbox,
    service,
    databaseUrl,
    stop: async () => {
      await service.stop();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The body that creates the sandbox's brand as a channel. */
export const NAJM_CHANNEL = { name: 'Najm support', ...NAJM.credentials, environmentName: 'prod' };
export const FIBRE_CHANNEL = { name: 'Fibre support', ...FIBRE.credentials, environmentName: 'prod' };

export async function connectNajm(service: Service, fields: Record<string, unknown> = {}): Promise<AnswerBody> {
  const created = await service.call('/v1/channels', { body: { ...NAJM_CHANNEL, ...fields } });
  const connected = await service.call(`/v1/channels/${created.body['id']}/connect`, { method: 'POST' });
  if (connected.status !== 200) {
    throw new Error(`The channel did not connect: ${connected.text}`);
  }
  return connected.body;
}

/** Creates and connects the sandbox's other brand, of the same app and environment. */
export async function connectFibre(service: Service): Promise<AnswerBody> {
  const created = await service.call('/v1/channels', { body: FIBRE_CHANNEL });
  return (await service.call(`/v1/channels/${created.body['id']}/connect`, { method: 'POST' })).body;
}

/** A send from the brand to Rania, or to somebody else. */
export function textTo(text: string, number: string = RANIA.id): Record<string, unknown> {
  return { from: NAJM.id, to: { number }, content: { type: 'text', text } };
}

async function callService<Body>(url: string, options: CallOptions = {}): Promise<Answer<Body>> {
  const { key = ADMIN_KEY, body, raw } = options;
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url, {
    method: options.method ?? (payload === undefined ? 'GET' : 'POST'),
    redirect: 'manual',
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) as Body };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Waits until a message has one of the statuses, and gives it. */
export function messageIn(service: Service, id: string, ...statuses: string[]): Promise<AnswerBody> {
  return eventually(
    async () => {
      const { body } = await service.call(`/v1/messages/${id}`);
      expect(statuses).toContain(body['status']);
      return body;
    },
    `message ${id} is ${statuses.join(' or ')}`,
    { withinMs: 15_000 },
  );
}

/** A participant nobody has met, who follows the brand and so may be written to. */
export function newcomer(sandbox: Sandbox, brand: string = NAJM.id): string {
  const screenName = `newcomer_${sandbox.overview.participants().length}`;
  return sandbox.people.addParticipant({ name: screenName, screenName, follows: [brand] }).id;
}

/** A participant writes to the brand; resolves once the service shows the message. */
export async function hear(both: Both, participantId: string, text = 'Hello', createdAt?: number): Promise<AnswerBody> {
  const at = createdAt === undefined ? {} : { createdAt };
  const { eventId } = await both.sandbox.conversations.write(participantId, 'participant', { to: NAJM.id, text, ...at });
  return eventually(async () => {
    const { body } = await both.service.call('/v1/messages?direction=inbound&limit=100');
    return (body['data']).find((message) => message['xMessageId'] === eventId) ?? null;
  }, 'the participant’s message is there');
}

const FAULT = { times: 1, participant: null, delayMs: null, status: null, code: null, message: null, body: null };

/** Makes X misbehave: once, unless `times` says otherwise. */
export function fault(sandbox: Sandbox, settings: Partial<FaultSettings> & Pick<FaultSettings, 'route' | 'kind'>): void {
  sandbox.faults.add({ ...FAULT, ...settings });
}
