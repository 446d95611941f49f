// A load that costs little beside what it loads: requests over kept connections, written and read by hand. Node's own client takes
// as long for a call as the service's part that is measured, on the same two cores.
const { once } = require('node:events');
const net = require('node:net');

const EMPTY_CHUNK = '0\r\n\r\n';
const HEAD_END = Buffer.from('\r\n\r\n');

class Connection {
  constructor(url) {
    this.socket = net.connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.pending = null;
    this.read = Buffer.alloc(0);
    this.socket.on('data', (chunk) => this.take(chunk));
    this.socket.on('error', (error) => this.pending?.failed(error));
    this.socket.on('close', () => this.pending?.failed(new Error('The connection was closed')));
  }

  /** One at a time. @throws for every status but 2xx */
  post(path, headers, body) {
    const head = Object.entries({ host: 'bench', 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers });
    return new Promise((done, failed) => {
      this.pending = { done, failed };
      this.socket.write(`POST ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`);
    });
  }

  take(chunk) {
    this.read = this.read.length === 0 ? chunk : Buffer.concat([this.read, chunk]);
    const end = this.read.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.read.toString('latin1', 0, end);
    // A server that streams an empty answer says so by its last chunk alone.
    const length = /\r\ntransfer-encoding: chunked/i.test(head) ? EMPTY_CHUNK.length : Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.read.length < end + HEAD_END.length + length) return;
    const body = this.read.toString('utf8', end + HEAD_END.length, end + HEAD_END.length + length);
    this.read = this.read.subarray(end + HEAD_END.length + length);
    const { done, failed } = this.pending;
    this.pending = null;
    if (head.startsWith('HTTP/1.1 2')) done();
    else failed(new Error(`${head.split('\r\n')[0]} ${body}`));
  }
}

/** Posts the bodies, in their order, over so many connections at once. `toRequest` gives path, headers and body of each. */
async function postAll(origin, items, connections, toRequest) {
  const open = Array.from({ length: connections }, () => new Connection(new URL(origin)));
  let next = 0;
  try {
    await Promise.all(
      open.map(async (connection) => {
        await once(connection.socket, 'connect');
        while (next < items.length) {
          const index = (next += 1) - 1;
          const { path, headers, body } = toRequest(items[index], index);
          await connection.post(path, headers, textOf(body));
        }
      }),
    );
  } finally {
    open.forEach(({ socket }) => socket.destroy());
  }
}

/** Posts over so many connections for so long, each the next when the one before is answered. Gives what each took, in milliseconds. */
async function postFor(origin, path, seconds, connections, next) {
  const open = await connect(origin, connections);
  const took = [];
  try {
    const until = performance.now() + seconds * 1_000;
    await Promise.all(
      open.map(async (connection) => {
        while (performance.now() < until) {
          const { headers, body } = next();
          const began = performance.now();
          await connection.post(path, headers, body);
          took.push(performance.now() - began);
        }
      }),
    );
  } finally {
    open.forEach(({ socket }) => socket.destroy());
  }
  return took;
}

/**
 * Posts so many a second, whether or not those before are answered, over as many connections as that takes, up to `most`. What each
 * took counts from when it was due: a server that is late with one is late with those that wait behind it.
 */
async function postAtRate(origin, path, seconds, perSecond, most, next) {
  const free = await connect(origin, most);
  const all = [...free];
  const due = [];
  const took = [];
  const total = seconds * perSecond;
  const startedAt = performance.now();
  const serve = async (connection) => {
    while (due.length > 0) {
      const dueAt = due.shift();
      const { headers, body } = next();
      await connection.post(path, headers, body);
      took.push(performance.now() - dueAt);
    }
    free.push(connection);
  };
  const running = new Set();
  try {
    for (let made = 0; made < total || running.size > 0; ) {
      for (; made < total && made < ((performance.now() - startedAt) / 1_000) * perSecond; made += 1) due.push(startedAt + (made / perSecond) * 1_000);
      while (due.length > 0 && free.length > 0) {
        const run = serve(free.pop()).finally(() => running.delete(run));
        running.add(run);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    all.forEach(({ socket }) => socket.destroy());
  }
  return took;
}

async function connect(origin, connections) {
  const open = Array.from({ length: connections }, () => new Connection(new URL(origin)));
  await Promise.all(open.map(({ socket }) => once(socket, 'connect')));
  return open;
}

const textOf = (body) => (typeof body === 'string' ? body : JSON.stringify(body));

module.exports = { postAll, postAtRate, postFor };
