/** A job of the timetable: one pass over what is due. Safe to run twice. Answers what it did, in counts. */
export interface ScheduledJob {
  run(): Promise<Record<string, number>>;
}

/** The tick that `now` belongs to: the same number on every instance, whenever each was started. */
export function tickOf(now: number, cadenceMs: number): number {
  return Math.floor(now / cadenceMs) * cadenceMs;
}
