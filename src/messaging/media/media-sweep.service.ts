import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { In } from 'typeorm';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Reader } from '../../database/reader.service.js';
import { Clock } from '../../kernel/clock.js';
import { MINUTE_MS } from '../../kernel/duration.js';
import { firstIdAt } from '../../kernel/ids.js';
import { MediaFolder } from '../../media/media-folder.service.js';
import { Uploads } from '../../media/uploads.service.js';
import { Log } from '../../runtime/log.service.js';
import { type Timer, Timers } from '../../runtime/timers.service.js';
import { MessageEntity } from '../message/message.entity.js';
import { mediumIdOf, messageIdOf } from '../message/shown-content.js';

/** Rows that one statement looks for. */
const CHUNK = 500;
/** An upload's bytes are there a moment before its row. */
const ROW_COMES_WITHIN_MS = 10 * MINUTE_MS;

/**
 * Keeps the media folder of this instance to what there are rows for: removes what a crash left, and copies of messages that another
 * instance has erased. Each instance does so in its own folder, so it is no job of the timetable.
 */
@Injectable()
export class MediaSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: Timer | undefined;
  private running: Promise<void> | null = null;

  constructor(
    private readonly folder: MediaFolder,
    private readonly uploads: Uploads,
    private readonly reader: Reader,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly log: Log,
    @InjectSettings('media') private readonly settings: Settings['media'],
    @InjectSettings('database') private readonly database: Settings['database'],
  ) {}

  onApplicationBootstrap(): void {
    // Nobody else uses the folder of a SQLite file, and nothing is coming in yet.
    this.start(this.database.engine === 'sqlite');
    this.timer = this.timers.every(this.settings.sweepMs, () => this.start(false));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.timer?.cancel();
    await this.running;
  }

  async run(isAlone: boolean): Promise<void> {
    const abandoned = await this.folder.removeAbandoned(isAlone);
    const copies = await this.removeWithoutRow('cache', (ids) => this.listWithoutMessage(ids));
    const before = firstIdAt('med', this.clock.now() - ROW_COMES_WITHIN_MS);
    const uploads = await this.removeWithoutRow('uploads', (ids) => this.uploads.listUnknown(ids.filter((id) => id < before)));
    if (abandoned + copies + uploads > 0) {
      this.log.log('The media folder was swept', { abandoned, copies, uploads });
    }
  }

  private start(isAlone: boolean): void {
    this.running ??= this.run(isAlone)
      .catch((error: unknown) => this.log.error('The media folder could not be swept', {}, error))
      .finally(() => {
        this.running = null;
      });
  }

  private async removeWithoutRow(place: 'cache' | 'uploads', listUnknown: (ids: string[]) => Promise<string[]>): Promise<number> {
    const names = (await this.folder.list(place)).map(({ name }) => name).filter((name) => name.startsWith('med_'));
    let removed = 0;
    for (let from = 0; from < names.length; from += CHUNK) {
      const unknown = await listUnknown(names.slice(from, from + CHUNK));
      await this.folder.remove(place, unknown);
      removed += unknown.length;
    }
    return removed;
  }

  private async listWithoutMessage(ids: string[]): Promise<string[]> {
    const found = await this.reader.repository(MessageEntity).find({ select: { id: true }, where: { id: In(ids.map(messageIdOf)) } });
    const known = new Set(found.map(({ id }) => mediumIdOf(id)));
    return ids.filter((id) => !known.has(id));
  }
}
