// sqlite3 brings a compiled binding. A prebuilt one may be blocked, missing, or made for a newer glibc than this machine's,
// and npm may have been told to run no install scripts: so load it, and compile it from source where that fails.
// Runs after every `npm install` and `npm ci` (postinstall), and from install.cjs.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { npmCommand } = require('./npm-command.cjs');

const root = join(__dirname, '..');
const PROBE = "const sqlite = require('sqlite3'); new sqlite.Database(':memory:', (error) => process.exit(error ? 1 : 0));";

/** True when the binding loads and opens a database. Tried in a process of its own: a binding of another platform can crash it. */
function sqliteLoads() {
  return spawnSync(process.execPath, ['-e', PROBE], { cwd: root, stdio: 'ignore' }).status === 0;
}

function compileSqlite() {
  console.error('sqlite3: its binding does not load here; compiling it from source (1 to 2 minutes; needs python3, make and g++)');
  const [command, ...args] = npmCommand(['rebuild', 'sqlite3', '--build-from-source', '--foreground-scripts', '--ignore-scripts=false']);
  const env = { ...process.env, npm_config_build_from_source: 'true' };
  return spawnSync(command, args, { cwd: root, env, stdio: 'inherit', shell: process.platform === 'win32' }).status === 0;
}

if (!sqliteLoads() && !(compileSqlite() && sqliteLoads())) {
  console.error('sqlite3: could not be compiled. Install python3, make and a C++ compiler, then run: npm rebuild sqlite3 --build-from-source');
  process.exit(1);
}
