// Installs what package-lock.json names, when that is not what node_modules holds, and says what takes so long.
// `npm run demo` and `npm test` call it first, in a clone with nothing installed: it may require nothing but Node itself.
const { spawn, spawnSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { npmCommand } = require('./npm-command.cjs');

const root = join(__dirname, '..');
const isWindows = process.platform === 'win32';
const REPORT_EVERY_MS = 5_000;

const DOWNLOADING = 'downloading packages: usually under 1 minute';
const COMPILING = 'compiling sqlite3 from source: usually 1 to 2 minutes';
/** What a line of npm's output tells about the step it is at; the first match counts. */
const STEPS = [
  [/^gyp info|^sqlite3: .*compiling/, COMPILING],
  [/^> sqlite3@\S+ install/, "looking for sqlite3's prebuilt binding"],
  [/^> \S+@\S+ (pre|post)?install/, "running the packages' install steps"],
];

/** npm's own record of what it installed; it writes this file last, so an install that was cut off leaves none. */
const INSTALLED_RECORD = join(root, 'node_modules', '.package-lock.json');

function packagesOf(lockFile) {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'));
  return Object.entries(packages).filter(([path]) => path !== '');
}

/** True when node_modules holds exactly the lock's packages. Optional ones may be absent: they are for other platforms. */
function isInstalled() {
  if (!existsSync(INSTALLED_RECORD)) return false;
  const installed = new Map(packagesOf(INSTALLED_RECORD));
  const locked = new Map(packagesOf(join(root, 'package-lock.json')));
  const isAsLocked = ([path, { version, integrity, optional }]) => {
    const found = installed.get(path);
    return found === undefined ? optional === true : found.version === version && found.integrity === integrity;
  };
  return [...locked].every(isAsLocked) && [...installed.keys()].every((path) => locked.has(path));
}

/** Runs `npm ci`, with a line every few seconds; npm's own words are shown only when it fails. Gives its exit code. */
function runNpmCi() {
  // One install script after another with its output shown: that is how the step becomes known here.
  const [command, ...args] = npmCommand(['ci', '--foreground-scripts', '--loglevel=notice', '--no-audit', '--no-fund']);
  const startedAt = process.hrtime.bigint();
  const elapsedSeconds = () => Math.round(Number(process.hrtime.bigint() - startedAt) / 1e9);
  const output = [];
  let step = DOWNLOADING;
  console.log(`Installing (npm ci): ${step}`);
  return new Promise((resolve) => {
    const npm = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: isWindows, detached: !isWindows });
    const read = (chunk) => {
      output.push(chunk);
      for (const line of chunk.toString().split('\n')) {
        step = STEPS.find(([pattern]) => pattern.test(line))?.[1] ?? step;
      }
    };
    npm.stdout.on('data', read);
    npm.stderr.on('data', read);
    // A signal ends npm, with the compiler it may have started, at once: asked kindly it takes most of a minute.
    // The next start notices what is half installed, for npm writes its record last.
    let stoppedBy = null;
    const stop = (signal) => {
      stoppedBy = signal;
      if (isWindows) npm.kill();
      else process.kill(-npm.pid, 'SIGKILL');
    };
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
    const report = setInterval(() => console.log(`Installing: ${step}, ${elapsedSeconds()} s so far`), REPORT_EVERY_MS);
    const finish = (code, why) => {
      clearInterval(report);
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
      if (code === 0) console.log(`Installed in ${elapsedSeconds()} s.`);
      else if (stoppedBy !== null) console.error(`The install was stopped (${stoppedBy}).`);
      else console.error(`${Buffer.concat(output)}\nnpm ci failed (${why}); its output is above.`);
      resolve(code);
    };
    npm.on('error', (error) => finish(1, error.message));
    npm.on('close', (code, signal) => finish(code ?? 1, signal ?? `exit code ${code}`));
  });
}

function hasSupportedNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

/** Sees to it that the packages are there and sqlite3 loads; ends the process with a message where it cannot. */
async function install() {
  if (!hasSupportedNode()) {
    console.error(`Node 20.19 or newer is needed; this is ${process.version}.`);
    process.exit(1);
  }
  if (!isInstalled()) {
    const code = await runNpmCi();
    if (code !== 0) process.exit(code);
  }
  const { status } = spawnSync(process.execPath, [join(__dirname, 'ensure-sqlite.cjs')], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

module.exports = { install };

if (require.main === module) void install();
