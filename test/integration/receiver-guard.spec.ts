import net from 'node:net';
import { GuardedConnections } from '../../src/outbound/guarded-connections.service.js';
import type { HostAddresses } from '../../src/outbound/host-addresses.service.js';
import { isPublicAddress } from '../../src/outbound/outside-url.js';
import { ReceiverCalls } from '../../src/callbacks/outbound/receiver-calls.service.js';
import { ReceiverUrls } from '../../src/callbacks/outbound/receiver-urls.service.js';
import type { Settings } from '../../src/config/settings.js';
import { Timers } from '../../src/runtime/timers.service.js';
import { listVectors, NOT_PUBLIC, NOTATIONS, PUBLIC, type Vector } from './receiver-vectors.js';

const CALL = { headers: {}, body: '{}' };

describe('The way out to receivers', () => {
  let canary: net.Server;
  let port: number;
  let heard = 0;

  beforeAll(async () => {
    // On every address of this machine, both families.
    canary = net.createServer((socket) => {
      heard += 1;
      socket.destroy();
    });
    await new Promise<void>((done) => canary.listen({ port: 0, host: '::', ipv6Only: false }, done));
    port = (canary.address() as net.AddressInfo).port;
  });
  afterAll(() => new Promise((done) => canary.close(done)));
  beforeEach(() => {
    heard = 0;
  });

  const calls = (allowedHosts: string[], leadsTo: readonly string[] = ['93.184.215.14']) => {
    const settings = { allowedHosts, timeoutMs: 300, maxAnswerBytes: 16_384 } as unknown as Settings['callbacks'];
    const addresses: HostAddresses = { list: async (host) => (net.isIP(host) === 0 ? [...leadsTo] : [host]) };
    return new ReceiverCalls(new ReceiverUrls(settings), new GuardedConnections(addresses), new Timers(), settings);
  };
  const call = ({ url, leadsTo }: Vector, allowedHosts: string[] = []) => calls(allowedHosts, leadsTo).post(url, CALL);

  it('lets nothing through to what is not the public internet, however it is written', async () => {
    const vectors = listVectors(port);
    expect(new Set(vectors.map((vector) => JSON.stringify(vector))).size).toBeGreaterThanOrEqual(400);
    const letThrough: Vector[] = [];
    for (const vector of vectors) {
      if ((await call(vector)).kind !== 'refused') letThrough.push(vector);
    }
    expect(letThrough).toEqual([]);
    expect(heard).toBe(0);
  }, 60_000);

  it('control: without the guard the same addresses reach the listener', async () => {
    const everywhere = ['0.0.0.0/0', '::/0'];
    const ofLoopback = Object.entries(NOTATIONS).filter(([name]) => !/6to4|NAT64|Teredo|ISATAP|compatible|translated/.test(name)).map(([, write]) => `https://${write('127.0.0.1')}:${port}/`);
    for (const url of [...ofLoopback, `https://[::1]:${port}/`, `https://localhost:${port}/`]) {
      await call({ url, leadsTo: ['127.0.0.1'] }, everywhere);
    }
    expect(heard).toBeGreaterThanOrEqual(ofLoopback.length);
  });

  it('looks at the peer once more: a connection that stands with another address is not written to', async () => {
    const settings = { allowedHosts: [], timeoutMs: 300, maxAnswerBytes: 16_384 } as unknown as Settings['callbacks'];
    let asked = 0;
    // The first answer is looked at; a second would be the attacker's.
    const addresses: HostAddresses = { list: async () => [(asked += 1) === 1 ? '93.184.215.14' : '127.0.0.1'] };
    const connect = jest.spyOn(net, 'connect').mockImplementation(((options: net.NetConnectOpts) => {
      expect(options).toMatchObject({ host: '93.184.215.14' });
      return net.createConnection({ host: '127.0.0.1', port });
    }) as unknown as typeof net.connect);
    const answer = await new ReceiverCalls(new ReceiverUrls(settings), new GuardedConnections(addresses), new Timers(), settings).post(`https://public.example:${port}/`, CALL);
    connect.mockRestore();
    expect(answer).toMatchObject({ kind: 'refused', reason: 'The connection led to another address.' });
    expect(asked).toBe(1);
  });

  it.each(NOT_PUBLIC)('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(PUBLIC)('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    [['127.0.0.1'], 'https://127.0.0.1', true, ['93.184.215.14']],
    [['127.0.0.0/8'], 'http://127.9.9.9', true, ['93.184.215.14']],
    [['hooks.internal'], 'http://hooks.internal', true, ['93.184.215.14']],
    [['HOOKS.internal.'], 'https://hooks.INTERNAL.', true, ['93.184.215.14']],
    [['::1'], 'https://[::1]', true, ['93.184.215.14']],
    [['10.0.0.0/8'], 'http://public.example', true, ['10.1.2.3']],
    [['10.0.0.0/8'], 'https://a.internal', true, ['10.1.2.3']],
    // What is not listed stays as it is, beside what is.
    [['10.0.0.0/8'], 'http://public.example', false, ['93.184.215.14']],
    [['10.0.0.0/8'], 'https://public.example', false, ['10.1.2.3', '192.168.0.1']],
    [['10.0.0.0/8'], 'https://[::ffff:10.1.2.3]', false, ['93.184.215.14']],
    [['hooks.internal'], 'https://other.hooks.internal', false, ['10.0.0.1']],
    [['127.0.0.1'], 'https://127.0.0.2', false, ['93.184.215.14']],
  ] as [string[], string, boolean, string[]][])('with %j listed, %s is let through: %s', async (allowed, url, isLetThrough, leadsTo) => {
    const connect = jest.spyOn(net, 'connect').mockImplementation(() => net.createConnection({ host: '127.0.0.1', port: 1 }));
    const answer = await call({ url: `${url}:${port}/`, leadsTo }, allowed);
    connect.mockRestore();
    expect(answer.kind === 'refused').toBe(!isLetThrough);
  });
});
