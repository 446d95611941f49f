import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { isToBeKeptAlive } from '../../channels/channel-status.js';
import { Recoveries, type TakenPass } from '../../channels/recovery/recoveries.service.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Clock } from '../../kernel/clock.js';
import { MINUTE_MS, SECOND_MS } from '../../kernel/duration.js';
import { Log } from '../../runtime/log.service.js';
import type { XDirectMessage } from '../../x-api/direct-message.js';
import type { HistoryPage } from '../../x-api/message-history.js';
import { XHistory } from '../unknown/x-history.service.js';
import { MissedMessages } from './missed-messages.service.js';

/** Reads of X's history that are left to looks for messages of unknown fate, of those that X allows in 15 minutes. */
const SPARED_READS = 4;
/** When X allows no read now, or does not answer. */
const LATER_MS = MINUTE_MS;
/** X's webhook tells of a message within seconds. Where nothing tells of a gap, one that is younger is left to it; the next pass looks that far back. */
const LEFT_TO_WEBHOOK_MS = 10 * SECOND_MS;

export interface RecoveryCounts {
  channels: number;
  pages: number;
  recovered: number;
}

/**
 * Records what X's webhook did not tell of, from X's own history: after a gap, after our own downtime, and every `recovery.everyMs`.
 * A message that came both ways is there once, and windows and charges come out as if all had come in time.
 */
@Injectable()
export class HistoryRecovery implements OnModuleDestroy {
  private isStopping = false;
  private running: Promise<RecoveryCounts> | null = null;

  constructor(
    private readonly channels: ChannelDirectory,
    private readonly recoveries: Recoveries,
    private readonly history: XHistory,
    private readonly missed: MissedMessages,
    private readonly clock: Clock,
    private readonly log: Log,
    @InjectSettings('recovery') private readonly settings: Settings['recovery'],
  ) {}

  /** What is read already is recorded, and the pass goes on from there at the next start. Before the wait for running jobs. */
  onModuleDestroy(): void {
    this.isStopping = true;
  }

  /** Reads the channels that are due, as far as X allows now. */
  run(): Promise<RecoveryCounts> {
    // One that takes long is not joined by the next.
    this.running ??= this.recoverDue().finally(() => (this.running = null));
    return this.running;
  }

  private async recoverDue(): Promise<RecoveryCounts> {
    const counts: RecoveryCounts = { channels: 0, pages: 0, recovered: 0 };
    for (const channelId of await this.recoveries.listDue()) {
      const pass = this.isStopping ? null : await this.recoveries.take(channelId);
      if (pass !== null) {
        counts.channels += 1;
        // What keeps one channel from being read keeps no other.
        await this.read(pass, counts).catch((error: unknown) => this.log.error('X’s history could not be read back', { channelId }, error));
      }
    }
    return counts;
  }

  private async read(taken: TakenPass, counts: RecoveryCounts): Promise<void> {
    const before = { ...counts };
    let pass: TakenPass | null = taken;
    while (pass !== null) {
      pass = await this.readOn(pass, counts);
    }
    const [pages, found] = [counts.pages - before.pages, counts.recovered - before.recovered];
    if (pages > 0) {
      this.log.log('X’s history was read back', { channelId: taken.channelId, since: taken.passSince, until: taken.passUntil, pages, found });
    }
  }

  /** One page of it. Null when the pass ends here: it is complete, goes on another time, or is somebody else's. */
  private async readOn(pass: TakenPass, counts: RecoveryCounts): Promise<TakenPass | null> {
    // As it is now: a pass can outlast the account's access.
    const channel = await this.channels.findById(pass.channelId);
    if (this.isStopping || channel === null || !isToBeKeptAlive(channel.connection)) {
      return this.postpone(pass, 0);
    }
    const page = await this.history.readPage(channel, pass.cursor, SPARED_READS);
    if (page === 'later') {
      return this.postpone(pass, 0);
    }
    if (page === 'refused') {
      await this.recoveries.beginAnew(pass);
      return null;
    }
    const { found, isWhole } = await this.missed.record(channel, this.wantedOf(page, pass));
    counts.pages += 1;
    counts.recovered += found;
    if (!isWhole) {
      return this.postpone(pass, found);
    }
    if (page.next !== null && page.messages.every(({ createdAt }) => createdAt >= pass.passSince)) {
      return this.recoveries.noteProgress({ ...pass, cursor: page.next }, found);
    }
    await this.recoveries.complete(pass, this.clock.now() + this.settings.everyMs, found);
    return null;
  }

  private wantedOf({ messages }: HistoryPage, { passSince, isAfterGap }: TakenPass): XDirectMessage[] {
    const until = isAfterGap ? Infinity : this.clock.now() - LEFT_TO_WEBHOOK_MS;
    return messages.filter(({ createdAt }) => createdAt >= passSince && createdAt <= until);
  }

  private async postpone(pass: TakenPass, found: number): Promise<null> {
    await this.recoveries.postpone(pass, this.clock.now() + LATER_MS, found);
    return null;
  }
}
