/**
 * Work that is done when somebody says that there may be some: `idle ──wake──▶ at work`, and once more when it was woken meanwhile.
 * However often it is woken, it runs once at a time, and what came before its last look is never left behind.
 */
export class WokenWork {
  private running: Promise<void> | null = null;
  private isWanted = false;
  private hasStopped = false;

  /** `work` goes through all that is there; `onFailure` tells of it when it fails, and whoever wakes it next has it tried again. */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** The work is to come to its end soon. */
  get isStopping(): boolean {
    return this.hasStopped;
  }

  /** There may be something to do. Returns at once. */
  wake(): void {
    this.isWanted = true;
    if (this.running === null && !this.hasStopped) {
      this.running = this.drain().finally(() => {
        this.running = null;
        // Woken after the last look and before this.
        if (this.isWanted) {
          this.wake();
        }
      });
    }
  }

  /** Begins nothing more, and waits for what runs. */
  async stop(): Promise<void> {
    this.hasStopped = true;
    await this.running;
  }

  private async drain(): Promise<void> {
    while (this.isWanted && !this.hasStopped) {
      this.isWanted = false;
      await this.work().catch(this.onFailure);
    }
  }
}
