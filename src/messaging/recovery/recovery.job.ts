import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Recoveries } from '../../channels/recovery/recoveries.service.js';
import { HistoryRecovery } from './history-recovery.service.js';

/** Reads X's history of the channels whose turn it is. Our own downtime is a gap like any other. */
@Injectable()
export class RecoveryJob implements OnApplicationBootstrap {
  constructor(
    private readonly recoveries: Recoveries,
    private readonly recovery: HistoryRecovery,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.recoveries.noteGapOfAll();
  }

  async run(): Promise<Record<string, number>> {
    return { ...(await this.recovery.run()) };
  }
}
