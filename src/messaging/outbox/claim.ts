import type { Instant } from '../../kernel/clock.js';

/** One message in the hands of one dispatcher, until `leaseUntil` of its conversation. */
export interface Claim {
  owner: string;
  /** The conversation's count of claims: another number means that this one was lost, whoever has it now. */
  fence: number;
  messageId: string;
  conversationId: string;
  channelId: string;
  claimedAt: Instant;
}

/** How many messages may be on their way at once, over all channels and of one. */
export class Slots {
  private readonly taken = new Map<string, number>();
  private count = 0;

  constructor(
    private readonly total: number,
    private readonly perChannel: number,
  ) {}

  get free(): number {
    return Math.max(0, this.total - this.count);
  }

  get isFull(): boolean {
    return this.free === 0;
  }

  get fullChannels(): string[] {
    return [...this.taken].filter(([, count]) => count >= this.perChannel).map(([channelId]) => channelId);
  }

  isFullFor(channelId: string): boolean {
    return this.isFull || (this.taken.get(channelId) ?? 0) >= this.perChannel;
  }

  take(channelId: string): void {
    this.count += 1;
    this.taken.set(channelId, (this.taken.get(channelId) ?? 0) + 1);
  }

  giveBack(channelId: string): void {
    const left = (this.taken.get(channelId) ?? 0) - 1;
    this.count -= 1;
    if (left > 0) {
      this.taken.set(channelId, left);
    } else {
      this.taken.delete(channelId);
    }
  }

  copy(): Slots {
    const copy = new Slots(this.total, this.perChannel);
    this.taken.forEach((count, channelId) => copy.taken.set(channelId, count));
    copy.count = this.count;
    return copy;
  }
}
