import type { Instant } from '../../kernel/clock.js';
import { compareXIds } from '../../kernel/x-id.js';

/** A message as X dates it; nulls until X has it. `seq` is the order in which we accepted or learned of it. */
export interface Dated {
  xCreatedAt: Instant | null;
  xMessageId: string | null;
  seq: number;
}

/** As X counts them; those that X has not dated yet come last, as they were accepted. In one millisecond X's ids tell. */
export function inOrderOfX(a: Dated, b: Dated): number {
  if (a.xCreatedAt === null || b.xCreatedAt === null) {
    return Number(a.xCreatedAt === null) - Number(b.xCreatedAt === null) || a.seq - b.seq;
  }
  return a.xCreatedAt - b.xCreatedAt || compareXIds(a.xMessageId ?? '0', b.xMessageId ?? '0');
}

/** X made the id later than the other. */
export function isAfter(xMessageId: string | null, other: string): boolean {
  return xMessageId !== null && compareXIds(xMessageId, other) > 0;
}
