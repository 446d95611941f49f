/** Milliseconds since 1970-01-01T00:00:00Z. Every instant inside the service is one of these; no time zones, no DST. */
export type Instant = number;

/** The only source of "now". Injected, so that tests move time by advancing it and nothing sleeps. */
export abstract class Clock {
  abstract now(): Instant;

  /** Goes on that much later, or earlier, from now on. A clock that a test moves stays where the test has put it. */
  moveBy(_ms: number): void {}
}

/** RFC 3339 in UTC with milliseconds, as every answer of the API writes a time. */
export function toTimestamp(instant: Instant): string {
  return new Date(instant).toISOString();
}

export function toTimestampOrNull(instant: Instant | null): string | null {
  return instant === null ? null : toTimestamp(instant);
}
