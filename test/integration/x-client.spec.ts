import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { Settings } from '../../src/config/settings.js';
import { Timers } from '../../src/runtime/timers.service.js';
import { MessagesV1 } from '../../src/x-api/messages-v1.service.js';
import { XClient } from '../../src/x-api/x-client.service.js';
import { XConnection } from '../../src/x-api/x-connection.service.js';
import { XFailure } from '../../src/x-api/x-failure.js';
import { freePort } from '../support/processes.js';

const CREDENTIALS = { consumerKey: 'key', consumerSecret: 'secret', accessToken: '1-token', accessTokenSecret: 'token-secret' };
const SENT = JSON.stringify({ event: { id: '2089623729075137655', created_timestamp: '1787040095000' } });

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An X that answers as a test says, and counts what it sees. */
class FakeX {
  connections = 0;
  requests: { method: string; url: string; host: string; agent: string | undefined }[] = [];
  private server: Server;

  constructor(private handler: Handler) {
    this.server = createServer((request, response) => {
      this.requests.push({ method: request.method ?? '', url: request.url ?? '', host: request.headers.host ?? '', agent: request.headers['user-agent'] });
      request.resume().on('end', () => this.handler(request, response));
    });
    this.server.on('connection', () => (this.connections += 1));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

function settings(apiUrl: string, changes: Partial<Settings['x']> = {}): Settings['x'] {
  return { apiUrl, uploadUrl: apiUrl, timeoutMs: 400, connectTimeoutMs: 200, maxConnections: 4, ...changes };
}

function messagesOver(x: Settings['x']): { messages: MessagesV1; close: () => void } {
  const connection = new XConnection(x, new Timers());
  return { messages: new MessagesV1(new XClient(connection, x)), close: () => connection.onApplicationShutdown() };
}

const json = (status: number, body: string, headers: Record<string, string> = {}): Handler => (_, response) =>
  void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);

describe('A call to X', () => {
  let x: FakeX | undefined;
  let close: () => void = () => undefined;

  async function start(handler: Handler, changes?: Partial<Settings['x']>): Promise<MessagesV1> {
    x = new FakeX(handler);
    const over = messagesOver(settings(await x.listen(), changes));
    close = over.close;
    return over.messages;
  }
  const failureOf = (call: Promise<unknown>): Promise<XFailure> =>
    call.then(
      () => Promise.reject(new Error('the call succeeded')),
      (error: unknown) => {
        expect(error).toBeInstanceOf(XFailure);
        return error as XFailure;
      },
    );

  afterEach(async () => {
    close();
    await x?.close();
  });

  it('goes to the configured address, under X’s own name, which is what is signed', async () => {
    const messages = await start(json(200, SENT));
    await expect(messages.sendText(CREDENTIALS, '84391207', 'Hello')).resolves.toEqual({
      xMessageId: '2089623729075137655',
      createdAt: 1_787_040_095_000,
      limits: [],
    });
    expect(x?.requests).toMatchObject([{ method: 'POST', url: '/1.1/direct_messages/events/new.json', host: 'api.x.com' }]);
  });

  it('uses the connection of the call before', async () => {
    const messages = await start(json(200, SENT));
    for (let call = 1; call <= 5; call += 1) {
      await messages.sendText(CREDENTIALS, '84391207', `Hello ${call}`);
    }
    expect(x?.requests).toHaveLength(5);
    expect(x?.connections).toBe(1);
  });

  it('opens no more connections at once than the settings allow', async () => {
    const messages = await start((request, response) => setImmediate(() => json(200, SENT)(request, response)), { maxConnections: 2 });
    await Promise.all(Array.from({ length: 8 }, (_, call) => messages.sendText(CREDENTIALS, '84391207', `Hello ${call}`)));
    expect(x?.requests).toHaveLength(8);
    expect(x?.connections).toBeLessThanOrEqual(2);
  });

  it.each([
    ['500', json(500, '{"errors":[{"code":131,"message":"Internal error"}]}')],
    ['503', json(503, '{"errors":[{"code":130,"message":"Over capacity"}]}')],
    ['401', json(401, '{"errors":[{"code":89,"message":"Invalid or expired token."}]}')],
    ['403', json(403, '{"errors":[{"code":93,"message":"No direct messages."}]}')],
    ['429', json(429, '{"errors":[{"code":88,"message":"Rate limit exceeded"}]}')],
  ])('is made once, also when X answers %s', async (_, handler) => {
    const messages = await start(handler);
    expect((await failureOf(messages.sendText(CREDENTIALS, '84391207', 'Hello'))).kind).toBe('answered');
    expect(x?.requests).toHaveLength(1);
  });

  it('carries X’s status, code and words, and what it says of its limits', async () => {
    const reset = { 'x-rate-limit-limit': '15', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '1787040900' };
    const messages = await start(json(429, '{"errors":[{"code":88,"message":"Rate limit exceeded"}]}', reset));
    const failure = await failureOf(messages.sendText(CREDENTIALS, '84391207', 'Hello'));
    expect(failure.answer).toEqual({ status: 429, code: 88, detail: 'Rate limit exceeded' });
    expect(failure.limits).toEqual([{ of: 'endpoint', limit: 15, remaining: 0, resetsAt: 1_787_040_900_000 }]);
  });

  it('follows no redirect and takes none for success', async () => {
    const messages = await start(json(302, '', { location: '/elsewhere' }));
    await failureOf(messages.sendText(CREDENTIALS, '84391207', 'Hello'));
    expect(x?.requests).toHaveLength(1);
  });

  it('ends in time when X says nothing, and then X may have acted', async () => {
    const messages = await start(() => undefined);
    expect((await failureOf(messages.sendText(CREDENTIALS, '84391207', 'Hello'))).kind).toBe('maybe-sent');
    expect(x?.requests).toHaveLength(1);
  });

  it('ends in time when X’s answer comes in drops', async () => {
    let drip: NodeJS.Timeout | undefined;
    const messages = await start((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      drip = setInterval(() => response.write(' '), 50);
    });
    expect((await failureOf(messages.sendText(CREDENTIALS, '84391207', 'Hello'))).kind).toBe('maybe-sent');
    clearInterval(drip);
  });

  it.each([
    ['is cut short', (_: IncomingMessage, response: ServerResponse) => void response.writeHead(200, { 'content-length': '500' }).write('{"event":', () => response.destroy())],
    ['is no JSON', json(200, '<html>')],
    ['lacks the message’s id', json(200, '{"event":{}}')],
    ['never comes', (request: IncomingMessage) => void request.socket.destroy()],
  ])('counts as perhaps taken when X’s answer %s', async (_, handler) => {
    const messages = await start(handler);
    expect((await failureOf(messages.sendText(CREDENTIALS, '84391207', 'Hello'))).kind).toBe('maybe-sent');
  });

  it('is certain not to have been sent when the connection is refused', async () => {
    const over = messagesOver(settings(`http://127.0.0.1:${await freePort()}`));
    expect((await failureOf(over.messages.sendText(CREDENTIALS, '84391207', 'Hello'))).kind).toBe('not-sent');
    over.close();
  });

  it('is certain not to have been sent when no encrypted connection comes about', async () => {
    // Takes the connection and never answers the handshake.
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const over = messagesOver(settings(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`));
    expect((await failureOf(over.messages.sendText(CREDENTIALS, '84391207', 'Hello'))).kind).toBe('not-sent');
    over.close();
    sockets.forEach((socket) => socket.destroy());
    silent.close();
  });

  it('names no credential in its failure', async () => {
    const messages = await start(json(401, '{"errors":[{"code":32,"message":"Could not authenticate you."}]}'));
    const failure = await failureOf(messages.sendText(CREDENTIALS, '84391207', 'Hello'));
    expect(`${failure.stack} ${JSON.stringify(failure)}`).not.toMatch(/token-secret|1-token/);
  });
});
