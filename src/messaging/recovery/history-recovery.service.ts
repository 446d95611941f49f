import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Channel } from '../../channels/channel.js';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { isToBeKeptAlive } from '../../channels/channel-status.js';
import { Recoveries, type TakenPass } from '../../channels/recovery/recoveries.service.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Clock } from '../../kernel/clock.js';
import { MINUTE_MS } from '../../kernel/duration.js';
import { Log } from '../../runtime/log.service.js';
import { XHistory } from '../unknown/x-history.service.js';
import { MissedMessages } from './missed-messages.service.js';

/** Reads of X's history that are left to looks for messages of unknown fate, of those that X allows in 15 minutes. */
const SPARED_READS = 4;
/** When X allows no read now, or does not answer. */
const LATER_MS = MINUTE_MS;

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
      if (this.isStopping) {
        break;
      }
      const channel = await this.channels.findById(channelId);
      if (channel === null || !isToBeKeptAlive(channel.connection)) {
        // Its gap stays: it is read when the channel is connected again.
        await this.recoveries.rest(channelId, this.clock.now() + this.settings.everyMs);
        continue;
      }
      const pass = await this.recoveries.take(channelId);
      if (pass !== null) {
        counts.channels += 1;
        // What keeps one channel from being read keeps no other; it is taken up again when its turn here has ended.
        await this.read(channel, pass, counts).catch((error: unknown) => this.log.error('X’s history could not be recorded', { channelId }, error));
      }
    }
    return counts;
  }

  private async read(channel: Channel, taken: TakenPass, counts: RecoveryCounts): Promise<void> {
    let pass = taken;
    for (;;) {
      const page = this.isStopping ? 'later' : await this.history.readPage(channel, pass.cursor, SPARED_READS);
      if (page === 'later') {
        return this.recoveries.postpone(pass, this.clock.now() + LATER_MS);
      }
      if (page === 'refused') {
        // What was recorded stays; the pass begins anew from X's newest message.
        return this.recoveries.postpone({ ...pass, passSince: null, passUntil: null, cursor: null }, this.clock.now());
      }
      const { found, isWhole } = await this.missed.record(channel, page.messages.filter(({ createdAt }) => createdAt >= pass.passSince));
      counts.pages += 1;
      counts.recovered += found;
      if (!isWhole) {
        return this.recoveries.postpone(pass, this.clock.now() + LATER_MS);
      }
      if (page.next === null || page.messages.some(({ createdAt }) => createdAt < pass.passSince)) {
        this.log.log('X’s history is read back', { channelId: channel.id, since: pass.passSince, until: pass.passUntil, lastPage: counts.pages, found: counts.recovered });
        return this.recoveries.complete(pass, this.clock.now() + this.settings.everyMs, found);
      }
      pass = { ...pass, cursor: page.next };
      await this.recoveries.noteProgress(pass, found);
    }
  }
}
