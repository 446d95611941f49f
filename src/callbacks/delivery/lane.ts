/** What one receiver begins with: enough to be quick, little enough that many that hang cost little. */
const FIRST_WIDTH = 2;

/** How many calls one receiver gets at once: one more for each that it takes, up to `most`, and one alone from the first that fails. */
export class Lane {
  private width: number;
  private inside = 0;

  constructor(private readonly most: number) {
    this.width = Math.min(FIRST_WIDTH, most);
  }

  get free(): number {
    return Math.max(0, this.width - this.inside);
  }

  get isEmpty(): boolean {
    return this.inside === 0;
  }

  enter(): void {
    this.inside += 1;
  }

  leave(isDelivered: boolean): void {
    this.inside -= 1;
    this.width = isDelivered ? Math.min(this.width + 1, this.most) : 1;
  }
}
