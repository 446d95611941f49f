import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signWebhook } from '../delivery/webhook-signature.js';

export interface ReceivedEvent {
  signature: string;
  body: string;
}

export interface ReceivedChallenge {
  /** Raw, as X signs it. */
  query: string;
  signature: string;
}

/** How the receiver answers a challenge: rightly, or in one of the ways that X refuses. */
export type CrcBehaviour = 'right' | 'wrong-secret' | 'not-json' | 'status-500' | 'redirect' | 'slow' | 'closed' | 'gzip-declared';

export interface WebhookReceiver {
  url: string;
  events: ReceivedEvent[];
  challenges: ReceivedChallenge[];
  behave(crc: CrcBehaviour): void;
  /** What events are answered with. */
  answerWith(status: number): void;
  close(): Promise<void>;
}

/** A webhook such as X would call, for the sandbox's own tests. */
export async function startWebhookReceiver(consumerSecret: string): Promise<WebhookReceiver> {
  let behaviour: CrcBehaviour = 'right';
  let status = 200;
  const events: ReceivedEvent[] = [];
  const challenges: ReceivedChallenge[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://receiver');
    if (url.pathname === '/elsewhere') {
      answerCrc('right', consumerSecret, url, request, response);
    } else if (request.method === 'GET') {
      challenges.push({ query: url.search.slice(1), signature: String(request.headers['x-twitter-webhooks-signature']) });
      answerCrc(behaviour, consumerSecret, url, request, response);
    } else {
      void readText(request).then((body) => {
        events.push({ signature: String(request.headers['x-twitter-webhooks-signature']), body });
        response.writeHead(status).end();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x/hook`,
    events,
    challenges,
    behave: (crc) => {
      behaviour = crc;
    },
    answerWith: (next) => {
      status = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerCrc(behaviour: CrcBehaviour, secret: string, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const token = url.searchParams.get('crc_token') ?? '';
  const answer = (key: string): string => JSON.stringify({ response_token: signWebhook(key, token) });
  switch (behaviour) {
    case 'right':
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer(secret));
      return;
    case 'wrong-secret':
      response.writeHead(200).end(answer('another secret'));
      return;
    case 'not-json':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>ok</html>');
      return;
    case 'status-500':
      response.writeHead(500).end(answer(secret));
      return;
    case 'redirect':
      response.writeHead(302, { location: `/elsewhere${url.search}` }).end();
      return;
    case 'gzip-declared':
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(answer(secret));
      return;
    case 'closed':
      request.socket.destroy();
      return;
    case 'slow':
      // Never answers: X gives up first.
      return;
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
