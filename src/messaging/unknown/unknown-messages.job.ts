import { Injectable } from '@nestjs/common';
import { LookUps } from './look-ups.service.js';

/** Looks in X's history for messages of which nobody knows whether X took them. X's echoes settle them as they come, without it. */
@Injectable()
export class UnknownMessagesJob {
  constructor(private readonly lookUps: LookUps) {}

  run(): Promise<Record<string, number>> {
    return this.lookUps.run();
  }
}
