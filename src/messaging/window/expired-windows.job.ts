import { Injectable } from '@nestjs/common';
import { Expiry } from './expiry.service.js';

/** Notes the end of reply windows and tells the teams, expires messages past `validUntil`, and frees what a deleted channel left waiting. No decision depends on its having run. */
@Injectable()
export class ExpiredWindowsJob {
  constructor(private readonly expiry: Expiry) {}

  async run(): Promise<Record<string, number>> {
    return {
      windowsClosed: await this.expiry.closeWindows(),
      messagesExpired: await this.expiry.expireMessages(),
      orphansFreed: await this.expiry.freeOrphans(),
    };
  }
}
