import { UploadRetention } from '../../src/messaging/media/upload-retention.service.js';
import { UploadEntity } from '../../src/media/upload.entity.js';
import { UploadUseEntity } from '../../src/messaging/media/upload-use.entity.js';
import { UnitOfWork } from '../../src/database/unit-of-work.service.js';
import { RANIA } from '../e2e/cast.js';
import { type Both, connectNajm, hear, startBoth, textTo } from '../e2e/service.js';
import { countRows, queryDatabase } from '../e2e/database.js';
import { forEachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manual-clock.js';

const EXPIRED = 1_100;
const idOf = (n: number): string => `med_${String(n).padStart(26, '0')}`;

forEachEngine((engine) => {
  describe('Uploads whose time is over', () => {
    let both: Both;

    beforeAll(async () => {
      both = await startBoth({ clock: new ManualClock(Date.now()), databaseUrl: await engine.createDatabaseUrl() });
    });
    afterAll(() => both.stop());

    it('are all forgotten, however many, but for one that a message waits with', async () => {
      const { id: channelId } = await connectNajm(both.service);
      await hear(both, RANIA.id);
      await both.service.call(`/v1/channels/${channelId}`, { method: 'PATCH', body: { paused: true } });
      const { body: waiting } = await both.service.call('/v1/messages', { body: textTo('With a file') });
      const row = { team: 'default', keyId: 'key_1', kind: 'photo' as const, contentType: 'image/png', sizeBytes: 1, isShared: false, folderId: 'x', createdAt: 0, expiresAt: 1 };
      await both.service.app.get(UnitOfWork).run(async (manager) => {
        await manager.insert(UploadEntity, Array.from({ length: EXPIRED }, (_, n) => ({ ...row, id: idOf(n) })));
        await manager.insert(UploadUseEntity, { uploadId: idOf(7), messageId: waiting['id'], conversationId: waiting['conversationId'] });
      });
      expect(await both.service.app.get(UploadRetention, { strict: false }).forgetOld()).toMatchObject({ uploads: EXPIRED - 1 });
      expect(await countRows(both.databaseUrl, 'uploads')).toBe(1);
      expect(await queryDatabase(both.databaseUrl, 'SELECT id FROM uploads')).toEqual([{ id: idOf(7) }]);
    });
  });
});
