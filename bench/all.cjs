// `npm run bench`: everything that is measured against something else, one after the other, as one table. Some 15 minutes; says what it
// is doing. The exit code is 1 when something is missed.
const os = require('node:os');
const { printTable, progress } = require('./report.cjs');

const PARTS = ['start', 'ingest', 'send', 'policy'];

async function main() {
  const rows = [];
  for (const part of PARTS) rows.push(...(await require(`./${part}.cjs`).measure()));
  progress('');
  console.log(`Node ${process.version}, ${os.cpus().length} cores (${os.cpus()[0]?.model.trim()}), ${Math.round(os.totalmem() / 2 ** 30)} GB, ${os.type()} ${os.release()}\n`);
  printTable(rows);
  process.exitCode = rows.some(({ isReached }) => isReached === false) ? 1 : 0;
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
