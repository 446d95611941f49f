import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerBody } from './answers.js';
import { NAJM, RANIA } from './cast.js';
import type { Answer, Service } from './service.js';

export const FIXTURES = join(__dirname, '..', 'fixtures', 'x');

interface Vectors {
  crc: { consumer_secret: string; crc_token: string; response: { response_token: string } }[];
  /** X's signature of each payload's exact bytes, by file name. */
  files: Record<string, string>;
}

/** X's challenge and signature vectors, made with the consumer secret of the sandbox's app. */
export const VECTORS = JSON.parse(readFileSync(join(FIXTURES, 'crc-and-signature-vectors.json'), 'utf8')) as Vectors;

/** A saved payload, byte for byte. */
export function payload(name: string): Buffer {
  return readFileSync(join(FIXTURES, name));
}

export function sign(body: string | Buffer, consumerSecret: string = NAJM.credentials.consumerSecret): string {
  return `sha256=${createHmac('sha256', consumerSecret).update(body).digest('base64')}`;
}

/** Posts a body to a channel's webhook as X does, signed with the app's secret unless another signature (or none) is given. */
export function deliver(
  service: Service,
  channel: AnswerBody,
  body: string | Buffer,
  options: { signature?: string | null; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { signature = sign(body) } = options;
  return service.call(new URL(channel['webhookUrl']).pathname, {
    raw: body,
    key: null,
    headers: { ...(signature === null ? {} : { 'x-twitter-webhooks-signature': signature }), ...options.headers },
  });
}

/** X's challenge; `query` is the raw query string. */
export function challenge(service: Service, channel: AnswerBody, query: string): Promise<Answer> {
  return service.call(`${new URL(channel['webhookUrl']).pathname}?${query}`, { key: null });
}

/** The body with which X tells of messages from participants to the brand. */
export function inboundBody(...messages: { id: string; text: string; from?: string; createdAt?: number }[]): string {
  return JSON.stringify({
    for_user_id: NAJM.id,
    direct_message_events: messages.map(({ id, text, from = RANIA.id, createdAt = Date.now() }) => ({
      type: 'message_create',
      id,
      created_timestamp: String(createdAt),
      message_create: { target: { recipient_id: NAJM.id }, sender_id: from, message_data: { text } },
    })),
  });
}
