import type { ServerResponse } from 'node:http';
import { SECOND_MS } from '../../kernel/duration.js';
import type { Timers } from '../../runtime/timers.service.js';
import { toEventBody } from './event.dto.js';
import type { TeamEventEntity } from './team-event.entity.js';

const PAGE = 50;
/** A reader that takes nothing for so long is gone, or will come back with its `Last-Event-ID`. */
const PATIENCE_MS = 60 * SECOND_MS;

/**
 * One reader of server-sent events: `reading a page ⇄ writing it`, `waiting` when there is none, `ended`. The next page is read when the
 * reader has taken the one before, so that a slow one costs no memory and delays nobody.
 */
export class EventStream {
  private isEnded = false;
  private isWoken = false;
  private resume: (() => void) | null = null;

  constructor(
    readonly team: string,
    private readonly out: ServerResponse,
    private readonly listAfter: (position: number, limit: number) => Promise<TeamEventEntity[]>,
    private readonly timers: Timers,
  ) {
    out.once('close', () => this.end());
    out.on('error', () => this.end());
  }

  async run(after: number): Promise<void> {
    let position = after;
    // What comes before anything else tells the reader that it is heard, and how long to wait before it comes back.
    await this.write('retry: 2000\n\n');
    while (!this.isEnded) {
      this.isWoken = false;
      const events = await this.listAfter(position, PAGE);
      for (const event of events) {
        await this.write(toServerSentEvent(event));
        position = event.position ?? position;
      }
      if (events.length < PAGE) {
        await this.wait();
      }
    }
  }

  /** There may be something new. */
  wake(): void {
    this.isWoken = true;
    this.resume?.();
  }

  /** Shows that the connection lives; a reader that is behind needs none. */
  beat(): void {
    if (!this.isEnded && !this.out.writableNeedDrain) {
      this.out.write(': \n\n');
    }
  }

  end(): void {
    if (!this.isEnded) {
      this.isEnded = true;
      this.out.end();
      this.resume?.();
    }
  }

  private async write(text: string): Promise<void> {
    if (!this.isEnded && !this.out.write(text)) {
      await this.timers.within(PATIENCE_MS, this.drained(), () => this.out.destroy());
    }
  }

  /** The reader has taken what was written, or is gone. */
  private drained(): Promise<void> {
    return new Promise((done) => {
      const over = (): void => {
        this.out.off('drain', over).off('close', over);
        done();
      };
      this.out.on('drain', over).on('close', over);
    });
  }

  private async wait(): Promise<void> {
    if (!this.isWoken && !this.isEnded) {
      await new Promise<void>((resume) => {
        this.resume = resume;
      });
      this.resume = null;
    }
  }
}

function toServerSentEvent(event: TeamEventEntity): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(toEventBody(event))}\n\n`;
}
