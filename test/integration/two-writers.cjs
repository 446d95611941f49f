// `node two-writers.cjs FILE TIMES`: a process of its own that counts up in a SQLite file through the built service's
// unit of work, as often as it is told. DEFERRED leaves out what prepares the write connection: the control.
require('reflect-metadata');
const { DataSource } = require('typeorm');
const { writerOptions } = require('../../dist/database/data-source.service.js');
const { prepareSqliteWriter } = require('../../dist/database/sqlite-driver.service.js');
const { UnitOfWork } = require('../../dist/database/unit-of-work.service.js');

const [file, times] = process.argv.slice(2);

async function main() {
  const options = writerOptions({ engine: 'sqlite', file, sqliteBusyTimeoutMs: 5_000 }, `sqlite:${file}`);
  const dataSource = await new DataSource({ ...options, migrations: [], entities: [] }).initialize();
  if (process.env.DEFERRED === undefined) {
    await prepareSqliteWriter(dataSource);
  }
  await dataSource.query('CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, value INTEGER)');
  await dataSource.query('CREATE TABLE IF NOT EXISTS acknowledged (pid INTEGER, n INTEGER)');
  await dataSource.query('INSERT OR IGNORE INTO counter VALUES (1, 0)');
  console.log('ready');
  const unitOfWork = new UnitOfWork(dataSource);
  for (let n = 0; n < Number(times); n += 1) {
    await unitOfWork
      .run(async (manager) => {
        const [{ value }] = await manager.query('SELECT value FROM counter');
        // Lets the other process in, where it can get in.
        await new Promise((resolve) => setImmediate(resolve));
        await manager.query('UPDATE counter SET value = ?', [value + 1]);
        await manager.query('INSERT INTO acknowledged VALUES (?, ?)', [process.pid, n]);
      })
      .catch((error) => console.error(`not written: ${error.message}`));
  }
  await dataSource.destroy();
}

// The channel to the test only tells of its end; it must not keep this process alive.
main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
