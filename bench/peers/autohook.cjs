// X's own example server, which checks an event, tells its listener and answers; it stores nothing.
const { once } = require('node:events');
const net = require('node:net');
const { Autohook } = require('./autohook/node_modules/twitter-autohook');
const { CONSUMER_SECRET } = require('./signed-events.cjs');

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function main() {
  const port = await freePort();
  const hook = new Autohook({ token: 'none', token_secret: 'none', consumer_key: 'none', consumer_secret: CONSUMER_SECRET, env: 'bench', port });
  let heard = 0;
  hook.on('event', () => (heard += 1));
  hook.startServer();
  await once(hook.server, 'listening');
  console.log(`http://127.0.0.1:${port}\n`);
}

void main();
