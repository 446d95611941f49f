/**
 * The command line that runs npm with these arguments: the npm we were started by where there is one
 * (`npm test`, `npm run demo`), so that its version and settings are the user's.
 */
function npmCommand(args) {
  const npm = process.env.npm_execpath;
  const isNpm = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm);
  return isNpm ? [process.execPath, npm, ...args] : ['npm', ...args];
}

module.exports = { npmCommand };
