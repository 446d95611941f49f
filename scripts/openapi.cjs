// `npm run openapi` writes openapi.json from the built service; `npm run openapi -- --check` fails where the file differs from it.
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { ensureBuilt } = require('./built.cjs');

const root = join(__dirname, '..');
const file = join(root, 'openapi.json');

ensureBuilt();
const { status, stdout } = spawnSync(process.execPath, [join(root, 'dist', 'openapi.js')], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
  maxBuffer: 64 * 1024 * 1024,
});
if (status !== 0) process.exit(status ?? 1);

if (!process.argv.includes('--check')) {
  writeFileSync(file, stdout);
  console.log('openapi.json is written.');
} else if (existsSync(file) && readFileSync(file, 'utf8') === stdout) {
  console.log('openapi.json is what the service serves.');
} else {
  console.error('openapi.json is not what the service serves: run `npm run openapi` and commit the file.');
  process.exit(1);
}
