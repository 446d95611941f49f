// How it is mostly written: each event in a transaction of its own with plain TypeORM, the message and its conversation with it,
// then the answer. SQLite with synchronous=FULL, one transaction after another, as one connection wants it.
const http = require('node:http');
const { DataSource, EntitySchema } = require('typeorm');
const { BRAND, readSigned } = require('./signed-events.cjs');

const Event = new EntitySchema({ name: 'Event', columns: { id: { type: 'text', primary: true }, body: { type: 'text' }, receivedAt: { type: 'integer' } } });
const Conversation = new EntitySchema({
  name: 'Conversation',
  columns: { participantId: { type: 'text', primary: true }, windowOpenedAt: { type: 'integer' }, windowUsed: { type: 'integer' }, lastMessageAt: { type: 'integer' } },
});
const Message = new EntitySchema({
  name: 'Message',
  columns: { id: { type: 'text', primary: true }, participantId: { type: 'text' }, direction: { type: 'text' }, text: { type: 'text' }, createdAt: { type: 'integer' } },
  indices: [{ columns: ['participantId', 'createdAt'] }],
});

let last = Promise.resolve();
/** One at a time. */
const inTurn = (work) => (last = last.then(work, work));

async function main() {
  const dataSource = await new DataSource({ type: 'sqlite', database: process.argv[2], entities: [Event, Conversation, Message], synchronize: true, enableWAL: true }).initialize();
  await dataSource.query('PRAGMA synchronous = FULL');
  const record = (body) =>
    dataSource.transaction(async (manager) => {
      const [event] = JSON.parse(body).direct_message_events;
      const { id, created_timestamp: createdAt, message_create: created } = event;
      if (await manager.findOneBy(Event, { id })) return;
      await manager.insert(Event, { id, body: body.toString(), receivedAt: Date.now() });
      const participantId = created.sender_id === BRAND ? created.target.recipient_id : created.sender_id;
      const conversation = (await manager.findOneBy(Conversation, { participantId })) ?? { participantId };
      await manager.save(Conversation, { ...conversation, windowOpenedAt: Number(createdAt), windowUsed: 0, lastMessageAt: Number(createdAt) });
      await manager.insert(Message, { id, participantId, direction: 'inbound', text: created.message_data.text, createdAt: Number(createdAt) });
    });
  const server = http.createServer((request, response) => {
    void readSigned(request)
      .then(({ body, isSigned }) => (isSigned ? inTurn(() => record(body)).then(() => 200) : 401))
      .catch(() => 503)
      .then((status) => response.writeHead(status).end());
  });
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}\n`));
}

void main();
