const ALLOTMENT = 5;
const WINDOW_MS = 24 * 60 * 60 * 1_000;

interface ModelMessage {
  /** X's time of it; null while it waits. */
  sentAt: number | null;
  hasFailed: boolean;
}

/**
 * The reply window as the contract words it, kept as the set of messages that use it, for comparing with what is stored.
 * Shares no code with the service.
 */
export class WindowModel {
  private openedAt: number | null = null;
  private readonly using = new Set<number>();
  private readonly messages: ModelMessage[] = [];
  private readonly seen = new Set<string>();

  get state(): { openedAt: number | null; used: number } {
    return { openedAt: this.openedAt, used: this.using.size };
  }

  inbound(id: string, at: number, now: number): void {
    if (this.seen.has(id)) {
      return;
    }
    this.seen.add(id);
    const openedAt = at > now ? now : at;
    if (this.openedAt !== null && openedAt <= this.openedAt) {
      return;
    }
    this.openedAt = openedAt;
    this.using.clear();
    this.messages.forEach((message, n) => {
      const date = message.sentAt ?? now;
      if (!message.hasFailed && date >= openedAt && date - openedAt < WINDOW_MS) {
        this.use(n);
      }
    });
  }

  /** Whether the message is free. */
  accept(now: number): boolean {
    this.messages.push({ sentAt: null, hasFailed: false });
    return this.isOpen(now) && this.use(this.messages.length - 1);
  }

  /** X is given the oldest that waits, and takes it or definitely does not. */
  dispatch(now: number, isTaken: boolean): void {
    const n = this.messages.findIndex(({ sentAt, hasFailed }) => sentAt === null && !hasFailed);
    const message = this.messages[n];
    if (message === undefined) {
      return;
    }
    this.using.delete(n);
    if (!isTaken) {
      message.hasFailed = true;
      return;
    }
    message.sentAt = now;
    if (this.isOpen(now)) {
      this.use(n);
    }
  }

  private isOpen(now: number): boolean {
    return this.openedAt !== null && now - this.openedAt < WINDOW_MS;
  }

  private use(n: number): boolean {
    if (this.using.size >= ALLOTMENT) {
      return false;
    }
    this.using.add(n);
    return true;
  }
}
