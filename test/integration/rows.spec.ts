import fc from 'fast-check';
import { findRow, findRows, readTogether, rowsBy, RowWrites } from '../../src/database/rows.service.js';
import { ConversationEntity } from '../../src/messaging/conversation/conversation.entity.js';
import { MessageEntity } from '../../src/messaging/message/message.entity.js';
import { MessageStepEntity } from '../../src/messaging/message/message-step.entity.js';
import { forEachEngine } from '../support/engines.js';
import { startStorage, type Storage } from './storage.js';

let made = 0;
function newMessage(change: Partial<MessageEntity> = {}): MessageEntity {
  made += 1;
  return Object.assign(new MessageEntity(), {
    id: `msg_${made}`,
    team: 'default',
    channelId: 'chn_1',
    conversationId: `cnv_${made}`,
    seq: 1,
    direction: 'outbound',
    source: 'api',
    content: { type: 'text', text: 'Hello' },
    textFingerprint: 'hello',
    reference: null,
    status: 'queued',
    charge: null,
    acceptedCharge: null,
    chargedWindow: null,
    startsConversation: false,
    isRecovered: false,
    parts: null,
    requestId: null,
    beyondAllotment: null,
    validUntil: null,
    heldUntil: null,
    heldBecause: null,
    failure: null,
    xMessageId: null,
    xCreatedAt: null,
    createdAt: 1_795_000_000_123,
    sentAt: null,
    readAt: null,
    nextAttemptAt: null,
    unknownAt: null,
    unknownToldAt: null,
    lookUps: 0,
    lookUpAt: null,
    blocksUntil: null,
    ...change,
  } satisfies MessageEntity);
}

describe('Rows that are read and written many at a time', () => {
  forEachEngine((engine) => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await startStorage(engine);
    });
    afterAll(() => storage.service.stop());

    async function write(ask: (writes: RowWrites) => void): Promise<void> {
      await storage.unitOfWork.run(async (manager) => {
        const writes = new RowWrites(manager);
        ask(writes);
        await writes.flush();
      });
    }

    it('come back as they were written, and as the entity manager reads them', async () => {
      const text = fc.string({ unit: fc.oneof(fc.constantFrom("'", '"', '\\', '%', '$1', '?', ';', '--', '\n', '\t', '😀', 'é', '\u2028'), fc.string({ unit: 'binary', maxLength: 1 })) }).map((some) => some.replaceAll('\u0000', '').toWellFormed());
      const change = fc.record({
        reference: fc.option(text),
        content: text.map((some) => ({ type: 'text' as const, text: some })),
        textFingerprint: text,
        startsConversation: fc.boolean(),
        sentAt: fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
        failure: fc.option(text.map((detail) => ({ code: 'some.code', detail, x: null }))),
        lookUps: fc.nat(1_000),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
          const messages = changes.map((one) => newMessage(one));
          await write((writes) => {
            writes.insert(MessageEntity, messages);
            // Two writes at a time are one call to SQLite.
            writes.update(MessageEntity, messages, ['reference', 'content']);
          });
          const keys = messages.map(({ id }) => ({ id }));
          const found = await findRows(storage.reader.manager, MessageEntity, keys);
          expect(new Map(found.map((one) => [one.id, one]))).toEqual(new Map(messages.map((one) => [one.id, one])));
          expect(await storage.reader.repository(MessageEntity).findOneBy({ id: messages[0]?.id ?? '' })).toEqual(messages[0]);
        }),
        { numRuns: 60 },
      );
    });

    it('lose half of a character rather than be refused', async () => {
      const message = newMessage({ textFingerprint: 'a\ud83d b', reference: 'fine' });
      await write((writes) => writes.insert(MessageEntity, [message]));
      expect((await findRow(storage.reader.manager, MessageEntity, { id: message.id }))?.textFingerprint).toBe('a\ufffd b');
    });

    it('are found by several columns, each once, and those that are not there not at all', async () => {
      const [one, other] = [newMessage({ xMessageId: '900000000000000001' }), newMessage({ xMessageId: '900000000000000002' })];
      await write((writes) => writes.insert(MessageEntity, [one, other]));
      const keys = ['900000000000000002', '900000000000000001', '900000000000000002', '900000000000000003'].map((xMessageId) => ({ channelId: 'chn_1', xMessageId }));
      const found = await findRows(storage.reader.manager, MessageEntity, keys);
      expect(found.map(({ id }) => id).sort()).toEqual([one.id, other.id].sort());
      expect(await findRows(storage.reader.manager, MessageEntity, [])).toEqual([]);
      expect(await findRow(storage.reader.manager, MessageEntity, { id: 'msg_none' })).toBeNull();
    });

    it('of several tables are read together', async () => {
      const message = newMessage();
      await write((writes) => writes.insert(MessageEntity, [message]));
      const [messages, conversations, steps] = await storage.unitOfWork.run((manager) =>
        readTogether(manager, rowsBy(MessageEntity, [{ id: message.id }], true), rowsBy(ConversationEntity, [{ id: 'cnv_none' }]), rowsBy(MessageStepEntity, [])),
      );
      expect([messages, conversations, steps]).toEqual([[message], [], []]);
    });

    it('are written in the order in which it was asked for, as they are by then, and no other column is', async () => {
      const message = newMessage({ reference: 'first' });
      await write((writes) => {
        writes.insert(MessageEntity, [message]);
        writes.update(MessageEntity, [message], ['status']);
        writes.update(MessageEntity, [{ id: message.id, lookUps: 7 }], ['lookUps'], "charge = CASE WHEN messages.status = 'sent' THEN 'reply' END");
        message.status = 'sent';
      });
      expect(await findRow(storage.reader.manager, MessageEntity, { id: message.id })).toMatchObject({ status: 'sent', lookUps: 7, charge: 'reply', reference: 'first' });
    });

    it('leave nothing behind when one of them is refused, at once or with the commit', async () => {
      for (const flush of ['flush', 'flushWithCommit'] as const) {
        const [good, bad] = [newMessage(), newMessage()];
        await write((writes) => writes.insert(MessageEntity, [bad]));
        const refused = storage.unitOfWork.run(async (manager) => {
          const writes = new RowWrites(manager);
          writes.insert(MessageEntity, [good]);
          writes.insert(MessageEntity, [bad]);
          await writes[flush]();
        });
        await expect(refused).rejects.toThrow(/unique/i);
        expect(await findRow(storage.reader.manager, MessageEntity, { id: good.id })).toBeNull();
        // The next unit of work finds nothing of it to write.
        await write(() => undefined);
        expect(await findRow(storage.reader.manager, MessageEntity, { id: good.id })).toBeNull();
      }
    });

    it('that wait for a commit which does not come are not written with the next one', async () => {
      const lost = newMessage();
      const failed = storage.unitOfWork.run(async (manager) => {
        const writes = new RowWrites(manager);
        writes.insert(MessageEntity, [lost]);
        await writes.flushWithCommit();
        throw new Error('after all');
      });
      await expect(failed).rejects.toThrow('after all');
      await write((writes) => writes.insert(MessageEntity, [newMessage()]));
      expect(await findRow(storage.reader.manager, MessageEntity, { id: lost.id })).toBeNull();
    });

    it('that are written with the commit are there after it, also from inside another unit of work', async () => {
      const [inner, outer] = [newMessage(), newMessage()];
      await storage.unitOfWork.run(async (manager) => {
        await storage.unitOfWork.run(async (own) => {
          const writes = new RowWrites(own);
          writes.insert(MessageEntity, [inner]);
          await writes.flushWithCommit();
        });
        await manager.insert(MessageEntity, outer);
      });
      expect(await findRows(storage.reader.manager, MessageEntity, [{ id: inner.id }, { id: outer.id }])).toHaveLength(2);
    });
  });
});
