import type { ServerResponse } from 'node:http';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ApiKeys } from '../../access/api-keys.service.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { Problem } from '../../kernel/problem.js';
import { Log } from '../../runtime/log.service.js';
import { type Timer, Timers } from '../../runtime/timers.service.js';
import type { Caller } from '../../access/caller.js';
import { EventFeed } from './event-feed.service.js';
import { EventStream } from './event-stream.service.js';
import { Publication } from './publication.service.js';

/** One team does not use up what all have. */
const MOST_OF_A_TEAM = 50;

/** Readers who are told of events as they come. Each holds one page of events at most, however slowly it reads. */
@Injectable()
export class EventStreams implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly open = new Map<EventStream, string>();
  private ticking: Timer[] = [];
  private lastSeen = 0;

  constructor(
    private readonly feed: EventFeed,
    private readonly publication: Publication,
    private readonly keys: ApiKeys,
    private readonly timers: Timers,
    private readonly log: Log,
    @InjectSettings('callbacks') private readonly settings: Settings['callbacks'],
  ) {}

  onApplicationBootstrap(): void {
    this.publication.onPublished(() => this.wakeAll());
    this.ticking = [
      // What another instance published.
      this.timers.every(this.settings.pollMs, () => void this.look().catch(() => undefined)),
      this.timers.every(this.settings.heartbeatMs, () => void this.beat()),
    ];
  }

  beforeApplicationShutdown(): void {
    this.ticking.forEach((timer) => timer.cancel());
    this.open.forEach((_, stream) => stream.end());
  }

  /** @throws Problem `service.unavailable` when there are as many as there may be */
  assertRoom(team: string): void {
    const ofTeam = [...this.open.keys()].filter((stream) => stream.team === team).length;
    if (this.open.size >= this.settings.maxStreams || ofTeam >= MOST_OF_A_TEAM) {
      throw new Problem('service.unavailable', 'There are as many live streams as there may be.', { retryAfterMs: 30 * SECOND_MS });
    }
  }

  /** Writes what comes after `position` until the reader goes, its key is revoked or the service stops. */
  async follow(reader: Pick<Caller, 'team' | 'channelIds' | 'keyId'>, position: number, out: ServerResponse): Promise<void> {
    const stream = new EventStream(reader.team, out, (after, limit) => this.feed.listAfter(reader, after, limit), this.timers);
    this.open.set(stream, reader.keyId);
    try {
      await stream.run(position);
    } catch (error) {
      this.log.error('A live stream ended', {}, error);
      stream.end();
    } finally {
      this.open.delete(stream);
    }
  }

  private async look(): Promise<void> {
    const last = this.open.size === 0 ? 0 : await this.feed.lastPosition();
    if (last !== this.lastSeen) {
      this.lastSeen = last;
      this.wakeAll();
    }
  }

  private async beat(): Promise<void> {
    for (const [stream, keyId] of this.open) {
      if (await this.keys.isUsable(keyId).catch(() => true)) {
        stream.beat();
      } else {
        stream.end();
      }
    }
  }

  private wakeAll(): void {
    this.open.forEach((_, stream) => stream.wake());
  }
}
