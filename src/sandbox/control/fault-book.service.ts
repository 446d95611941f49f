import { faultRouteOf, isFaultFor, type Fault, type FaultRoute, type FaultSettings } from './fault.js';

/** The faults that are switched on. Each strikes as often as it was told to, the oldest first. */
export class FaultBook {
  private faults: Fault[] = [];
  private count = 0;

  add(settings: FaultSettings): Fault {
    this.count += 1;
    const fault = { ...settings, route: faultRouteOf(settings), id: String(this.count), fired: 0 };
    this.faults.push(fault);
    return fault;
  }

  list(): readonly Fault[] {
    return this.faults;
  }

  /** All of them, or the one with that id. How many were removed. */
  remove(id?: string): number {
    const before = this.faults.length;
    this.faults = id === undefined ? [] : this.faults.filter((fault) => fault.id !== id);
    return before - this.faults.length;
  }

  /** The fault that strikes now, counted as having struck. */
  take(route: FaultRoute, participant: string | null): Fault | null {
    const fault = this.faults.find((one) => isFaultFor(one, route) && (one.participant === null || one.participant === participant));
    if (fault === undefined) return null;
    fault.fired += 1;
    if (fault.times !== null && fault.fired >= fault.times) this.faults = this.faults.filter((one) => one !== fault);
    return fault;
  }
}
