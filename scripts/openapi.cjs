// `npm run openapi` writes openapi.json and asyncapi.json from the built service; `npm run openapi -- --check` fails where a file differs from it.
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { ensureBuilt } = require('./built.cjs');

const root = join(__dirname, '..');

ensureBuilt();
const { status, stdout } = spawnSync(process.execPath, [join(root, 'dist', 'openapi.js')], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
  maxBuffer: 64 * 1024 * 1024,
});
if (status !== 0) process.exit(status ?? 1);

let isRight = true;
for (const [name, document] of Object.entries(JSON.parse(stdout))) {
  const file = join(root, `${name}.json`);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
    console.log(`${name}.json is written.`);
  } else if (existsSync(file) && readFileSync(file, 'utf8') === text) {
    console.log(`${name}.json is what the service serves.`);
  } else {
    console.error(`${name}.json is not what the service serves: run \`npm run openapi\` and commit the file.`);
    isRight = false;
  }
}
process.exit(isRight ? 0 : 1);
