// `node scripts/built.cjs dist/sandbox/main.js …` runs a file of the build with the arguments after it, building first
// where dist/ is missing or older than src/. In one process, so that a signal to it reaches the program.
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { runMain } = require('node:module');
const { dirname, join, resolve } = require('node:path');

const root = join(__dirname, '..');
const SOURCES = ['src', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
/** Written by every build that succeeds. */
const BUILT = join(root, 'dist', 'main.js');
/** Holds the process id of who is building: a build empties dist/ first, so there is one at a time. */
const LOCK = join(root, 'node_modules', '.cache', 'build.lock');
const LOOK_AGAIN_AFTER_MS = 200;

/** The newest change in a file or folder; a folder's own time tells of files removed from it. */
function changedAt(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}

function isBuilt() {
  return existsSync(BUILT) && SOURCES.every((source) => changedAt(join(root, source)) <= statSync(BUILT).mtimeMs);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Takes the lock, waiting while a living process has it; one left behind by a dead process is taken over. */
function lock() {
  mkdirSync(dirname(LOCK), { recursive: true });
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = existsSync(LOCK) ? Number(readFileSync(LOCK, 'utf8')) : 0;
    if (holder !== 0 && !isAlive(holder)) rmSync(LOCK, { force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_AFTER_MS);
  }
}

/** Builds where needed; ends the process with the compiler's words where that fails. */
function ensureBuilt() {
  if (isBuilt()) return;
  lock();
  const status = isBuilt() ? 0 : build();
  rmSync(LOCK, { force: true });
  if (status !== 0) process.exit(status);
}

function build() {
  console.error('Building …');
  const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  return spawnSync(process.execPath, [nest, 'build'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
}

module.exports = { ensureBuilt };

if (require.main === module) {
  ensureBuilt();
  if (process.argv.length > 2) {
    process.argv.splice(1, 1);
    process.argv[1] = resolve(root, process.argv[1]);
    runMain();
  }
}
