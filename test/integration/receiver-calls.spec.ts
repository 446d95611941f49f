import { createServer as createHttpServer, type RequestListener } from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { GuardedConnections } from '../../src/outbound/guarded-connections.service.js';
import type { HostAddresses } from '../../src/outbound/host-addresses.service.js';
import { ReceiverCalls } from '../../src/callbacks/outbound/receiver-calls.service.js';
import { ReceiverUrls } from '../../src/callbacks/outbound/receiver-urls.service.js';
import type { Settings } from '../../src/config/settings.js';
import { Timers } from '../../src/runtime/timers.service.js';
import { LOOPBACK_CERTIFICATE } from '../support/loopback-certificate.js';

const KILOBYTE = 'x'.repeat(1_024);

describe('A call to a receiver', () => {
  const servers: net.Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      (server as { closeAllConnections?: () => void }).closeAllConnections?.();
      await new Promise((done) => server.close(done));
    }
  });

  const listen = async (server: net.Server): Promise<number> => {
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return (server.address() as net.AddressInfo).port;
  };
  const http = (listener: RequestListener) => listen(createHttpServer(listener));
  const calls = (timeoutMs = 2_000) => {
    const settings = { allowedHosts: ['127.0.0.0/8', 'localhost'], timeoutMs, maxAnswerBytes: 16_384 } as unknown as Settings['callbacks'];
    const addresses: HostAddresses = { list: async () => ['127.0.0.1'] };
    return new ReceiverCalls(new ReceiverUrls(settings), new GuardedConnections(addresses), new Timers(), settings);
  };
  const post = (url: string, timeoutMs?: number, signal?: AbortSignal) => calls(timeoutMs).post(url, { headers: { 'content-type': 'application/json' }, body: '{"a":"é"}', ...(signal === undefined ? {} : { signal }) });

  it('brings the body and the headers as they are, and the status and Retry-After back', async () => {
    let got: unknown;
    const port = await http((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        got = { method: request.method, url: request.url, host: request.headers.host, type: request.headers['content-type'], body };
        response.writeHead(503, { 'retry-after': '7' }).end('later');
      });
    });
    expect(await post(`http://127.0.0.1:${port}/a/b?c=d#e`)).toEqual({ kind: 'answered', status: 503, retryAfter: '7', durationMs: expect.any(Number) as number });
    expect(got).toEqual({ method: 'POST', url: '/a/b?c=d', host: `127.0.0.1:${port}`, type: 'application/json', body: '{"a":"é"}' });
  });

  it('follows no redirect', async () => {
    let heard = 0;
    const target = await http((_, response) => void ((heard += 1), response.end()));
    const port = await http((_, response) => void response.writeHead(302, { location: `http://127.0.0.1:${target}/` }).end());
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'answered', status: 302 });
    expect(heard).toBe(0);
  });

  it('reads 16 KB of an answer that does not end, and lets go of the connection', async () => {
    let written = 0;
    let isOver: () => void = () => undefined;
    const closed = new Promise<void>((done) => (isOver = done));
    const port = await http((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(KILOBYTE)) written += 1;
        written += 1;
      };
      response.on('drain', more).on('close', isOver);
      more();
    });
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'answered', status: 200 });
    await closed;
    // What the system keeps between the two; an endless answer would go on.
    expect(written).toBeLessThan(16 * 1_024);
  });

  it.each([
    ['says nothing', () => undefined],
    ['drips', (socket: net.Socket) => void (socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n'), setInterval(() => socket.writable && socket.write('x'), 20).unref())],
    ['drips its headers', (socket: net.Socket) => void (socket.write('HTTP/1.1 200 OK\r\n'), setInterval(() => socket.writable && socket.write('a: b\r\n'), 20).unref())],
  ] as [string, (socket: net.Socket) => void][])('ends in time with a receiver that %s', async (_, talk) => {
    const port = await listen(net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => talk(socket));
    }));
    const answer = await post(`http://127.0.0.1:${port}/`, 300);
    expect(answer).toMatchObject({ kind: 'failed', reason: 'There was no whole answer within 300 ms.' });
    expect(answer.durationMs).toBeGreaterThanOrEqual(295);
    expect(answer.durationMs).toBeLessThan(2_000);
  });

  it.each([
    ['breaks off', (socket: net.Socket) => void socket.destroy()],
    ['speaks something else', (socket: net.Socket) => void socket.end('220 smtp.example ESMTP\r\n')],
    ['sends headers without end', (socket: net.Socket) => void socket.write(`HTTP/1.1 200 OK\r\n${`x-a: ${KILOBYTE}\r\n`.repeat(40)}\r\n`)],
  ] as [string, (socket: net.Socket) => void][])('fails with a receiver that %s, and quotes nothing of it', async (_, talk) => {
    const port = await listen(net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => talk(socket));
    }));
    const answer = await post(`http://127.0.0.1:${port}/`);
    expect(answer.kind).toBe('failed');
    expect('reason' in answer && answer.reason).toMatch(/^The receiver could not be reached, or broke off( \([A-Z_]+\))?\.$/);
  });

  it('fails when nobody listens', async () => {
    const port = await listen(net.createServer());
    await new Promise((done) => servers.pop()?.close(done));
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'failed', reason: 'The receiver could not be reached, or broke off (ECONNREFUSED).' });
  });

  it('is written to no receiver whose certificate is not trusted, or is another’s', async () => {
    let heard = '';
    const port = await listen(tls.createServer(LOOPBACK_CERTIFICATE, (socket) => {
      socket.on('error', () => undefined);
      socket.setEncoding('utf8').on('data', (chunk: string) => (heard += chunk));
    }));
    expect(await post(`https://127.0.0.1:${port}/`)).toMatchObject({ kind: 'failed', reason: 'The receiver could not be reached, or broke off (DEPTH_ZERO_SELF_SIGNED_CERT).' });
    const connect = tls.connect;
    const trusting = jest.spyOn(tls, 'connect').mockImplementation(((options: tls.ConnectionOptions) => connect({ ...options, ca: LOOPBACK_CERTIFICATE.cert })) as typeof tls.connect);
    // It says that it is 127.0.0.1.
    expect(await post(`https://localhost:${port}/`)).toMatchObject({ kind: 'failed', reason: 'The receiver could not be reached, or broke off (ERR_TLS_CERT_ALTNAME_INVALID).' });
    expect(heard).toBe('');
    await post(`https://127.0.0.1:${port}/`, 300);
    trusting.mockRestore();
    expect(heard).toContain('POST / HTTP/1.1');
  });

  it('is broken off by whoever made it', async () => {
    const port = await http(() => undefined);
    const over = new AbortController();
    const calling = post(`http://127.0.0.1:${port}/`, 5_000, over.signal);
    over.abort();
    expect(await calling).toMatchObject({ kind: 'failed', reason: 'The call was broken off.' });
    expect(await post(`http://127.0.0.1:${port}/`, 5_000, over.signal)).toMatchObject({ kind: 'failed' });
  });
});
