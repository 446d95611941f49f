import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { IdFactory, type IdPrefix } from '../kernel/ids.js';
import { Randomness } from './randomness.service.js';

/** New ids of this service, sortable by the time of the injected clock. */
@Injectable()
export class Ids {
  private readonly factory: IdFactory;

  constructor(
    private readonly clock: Clock,
    randomness: Randomness,
  ) {
    this.factory = new IdFactory((length) => randomness.bytes(length));
  }

  create(prefix: IdPrefix): string {
    return this.factory.create(prefix, this.clock.now());
  }
}
