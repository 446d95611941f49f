// The floor: node:http and sqlite3, nothing else. An event is checked, written with those that came in the same turn, on disk
// (synchronous=FULL), and answered. Nothing is made of it.
const http = require('node:http');
const sqlite3 = require('sqlite3');
const { readSigned } = require('./signed-events.cjs');

const database = new sqlite3.Database(process.argv[2]);
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events (id INTEGER PRIMARY KEY, body BLOB NOT NULL, received_at INTEGER NOT NULL)');

const waiting = [];
let isWriting = false;

function write() {
  if (isWriting || waiting.length === 0) return;
  isWriting = true;
  const batch = waiting.splice(0, 256);
  const values = batch.map(() => '(?, ?)').join(', ');
  database.run(`INSERT INTO events (body, received_at) VALUES ${values}`, batch.flatMap(({ body }) => [body, Date.now()]), (error) => {
    for (const { response } of batch) response.writeHead(error === null ? 200 : 503).end();
    isWriting = false;
    write();
  });
}

const server = http.createServer((request, response) => {
  void readSigned(request).then(({ body, isSigned }) => {
    if (!isSigned) {
      response.writeHead(401).end();
      return;
    }
    waiting.push({ body, response });
    setImmediate(write);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}\n`));
