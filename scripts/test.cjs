// `npm test`: installs what is missing, then runs jest with the arguments given here. Jest's exit code is ours.
const { join } = require('node:path');
const { runMain } = require('node:module');
const { install } = require('./install.cjs');

install().then(() => {
  process.argv[1] = join(__dirname, '..', 'node_modules', 'jest', 'bin', 'jest.js');
  runMain();
});
