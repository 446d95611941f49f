// The control of durability.spec.ts: commits that do not wait for the disk, as SQLite's WAL has it unless told otherwise.
// Loaded before the built service. With UNCHECKED, the service's own look at it is switched off as well.
require('reflect-metadata');
const driver = require('../../dist/database/sqlite-driver.service.js');

const { prepareSqliteWriter } = driver;
driver.prepareSqliteWriter = async (dataSource) => {
  await prepareSqliteWriter(dataSource);
  await dataSource.query('PRAGMA synchronous = NORMAL');
};
if (process.env.UNCHECKED !== undefined) {
  driver.assertSqliteIsDurable = () => Promise.resolve();
}
