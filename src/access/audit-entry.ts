import { createHash } from 'node:crypto';
import type { Instant } from '../kernel/clock.js';

/** What somebody changed. Never holds a secret: of a change it names the fields. */
export interface AuditEntry {
  id: string;
  /** From 1 and without a gap. */
  seq: number;
  at: Instant;
  /** Whose key it was; `service` for what it does by itself. */
  keyId: string;
  team: string | null;
  action: string;
  target: string;
  fields: readonly string[];
  requestId: string | null;
  address: string | null;
  previousHash: string;
  hash: string;
}

/** Before the first entry. */
export const FIRST_HASH = '0'.repeat(64);

/** Each entry's hash is over the one before it: none can be changed, taken out or moved without all after it. */
export function hashEntry(entry: Omit<AuditEntry, 'hash'>): string {
  const { id, seq, at, keyId, team, action, target, fields, requestId, address, previousHash } = entry;
  return createHash('sha256').update(JSON.stringify([previousHash, id, seq, at, keyId, team, action, target, fields, requestId, address])).digest('hex');
}

/** The place where the chain breaks: entries in their order, after the hash and the number of the one before them. Null when it holds. */
export function findBreak(entries: readonly AuditEntry[], before: { seq: number; hash: string }): number | null {
  let last = before;
  for (const entry of entries) {
    if (entry.seq !== last.seq + 1 || entry.previousHash !== last.hash || entry.hash !== hashEntry(entry)) {
      return last.seq + 1;
    }
    last = entry;
  }
  return null;
}
