// Loaded before the built migrate-data by migrate-data.spec.ts. KILL_AT, such as `after|COMMIT|3`: the process ends as by a power cut
// when it has carried out its third statement on PostgreSQL with this text in it (or, with `before`, is about to).
const { PostgresQueryRunner } = require('typeorm/driver/postgres/PostgresQueryRunner.js');

const [when, text, nth] = (process.env.KILL_AT ?? '').split('|');
if (text !== undefined) {
  const original = PostgresQueryRunner.prototype.query;
  let calls = 0;
  PostgresQueryRunner.prototype.query = async function (statement, ...rest) {
    const strikes = statement.includes(text) && (calls += 1) === Number(nth);
    if (strikes && when === 'before') process.kill(process.pid, 'SIGKILL');
    const result = await original.call(this, statement, ...rest);
    if (strikes) process.kill(process.pid, 'SIGKILL');
    return result;
  };
}
