// Loaded by NODE_OPTIONS into a program and every Node process that it starts: each leaves its id as a file in NOTED_PIDS.
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

writeFileSync(join(process.env.NOTED_PIDS, String(process.pid)), process.argv.join(' '));
