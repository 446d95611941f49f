// Programs of the build, started for a measurement and ended with it.
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { join, resolve } = require('node:path');

const root = join(__dirname, '..');
const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** Starts a file of the build, or one named from the root, and waits for the address that it prints. */
async function start(file, env, args = []) {
  const child = spawn(process.execPath, [resolve(root, 'dist', file), ...args], { cwd: root, env: { TWITTER_CHANNEL__ACCESS__REQUESTS_PER_MINUTE: '0', ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  let printed = '';
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      printed += chunk;
      const url = /https?:\/\/[\d.:]+\d(?=[^\n]*\n)/.exec(printed)?.[0];
      if (url !== undefined) resolve({ child, url });
    });
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}: ${printed}`)));
  });
}

async function end(child) {
  children.delete(child);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

module.exports = { end, start };
