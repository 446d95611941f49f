import { resolve } from 'node:path';
import { type Sandbox } from '../../src/sandbox/sandbox-server.service.js';
import { NAJM } from '../e2e/cast.js';
import { ADMIN_KEY, NAJM_CHANNEL } from '../e2e/service.js';
import { inboundBody, sign } from '../e2e/x-webhook.js';
import { type RunningProcess, startNode } from '../support/processes.js';

export interface ServiceProcessOptions {
  databaseUrl: string;
  port: number;
  sandbox: Pick<Sandbox, 'url'>;
  /** Loaded before the service: a control puts a deliberately broken part in. */
  preload?: string;
  env?: Record<string, string>;
}

/** `node dist/main.js`, as an operator runs it, with the sandbox as its X. Not yet ready. */
export function startServiceProcess(options: ServiceProcessOptions): { process: RunningProcess; url: string } {
  const url = `http://127.0.0.1:${options.port}`;
  const preload = options.preload === undefined ? [] : ['--require', resolve(options.preload)];
  const process = startNode([...preload, 'dist/main.js'], {
    env: {
      NODE_ENV: undefined,
      PORT: String(options.port),
      PUBLIC_URL: url,
      DATABASE_URL: options.databaseUrl,
      ADMIN_API_KEY: ADMIN_KEY,
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      X_API_URL: options.sandbox.url,
      X_UPLOAD_URL: options.sandbox.url,
      TWITTER_CHANNEL__LOGGING__LEVEL: 'error',
      TWITTER_CHANNEL__ACCESS__REQUESTS_PER_MINUTE: '0',
      TWITTER_CHANNEL__DATABASE__POSTGRES_MAY_LOSE_COMMITS: 'true',
      ...options.env,
    },
  });
  return { process, url };
}

/** Null: no answer came, as when the process was killed under way. */
export interface ProcessAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export async function callProcess(url: string, init: { body?: unknown; raw?: string; headers?: Record<string, string> }): Promise<ProcessAnswer | null> {
  const payload = init.raw ?? (init.body === undefined ? undefined : JSON.stringify(init.body));
  try {
    const answer = await fetch(url, {
      method: payload === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}`, ...init.headers },
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  } catch {
    return null;
  }
}

/** Creates the brand's channel and connects it. Answers the path of its webhook. */
export async function connectChannel(url: string): Promise<string> {
  const created = await callProcess(`${url}/v1/channels`, { body: NAJM_CHANNEL });
  const connected = await callProcess(`${url}/v1/channels/${String(created?.body['id'])}/connect`, { body: {} });
  if (connected?.status !== 200) {
    throw new Error(`The channel did not connect: ${JSON.stringify(connected?.body)}`);
  }
  return new URL(String(connected.body['webhookUrl'])).pathname;
}

export interface InboundEvent {
  id: string;
  from: string;
  text: string;
  createdAt: number;
}

/** Posts an event as X does. */
export function postEvent(webhookUrl: string, event: InboundEvent, headers: Record<string, string> = {}): Promise<ProcessAnswer | null> {
  const raw = inboundBody(event);
  return callProcess(webhookUrl, { raw, headers: { 'x-twitter-webhooks-signature': sign(raw), ...headers } });
}

/** X tells that a participant has read what the brand sent them until then. */
export function postRead(webhookUrl: string, { id, from, createdAt }: InboundEvent): Promise<ProcessAnswer | null> {
  const read = { created_timestamp: String(createdAt), sender_id: from, target: { recipient_id: NAJM.id }, last_read_event_id: id };
  const raw = JSON.stringify({ for_user_id: NAJM.id, direct_message_mark_read_events: [read], users: {} });
  return callProcess(webhookUrl, { raw, headers: { 'x-twitter-webhooks-signature': sign(raw) } });
}

/** A send from the brand. */
export function postMessage(url: string, to: string, text: string, idempotencyKey: string): Promise<ProcessAnswer | null> {
  const body = { from: NAJM.id, to: { number: to }, content: { type: 'text', text } };
  return callProcess(`${url}/v1/messages`, { body, headers: { 'idempotency-key': idempotencyKey } });
}
