import { toTimestampOrNull } from '../kernel/clock.js';
import type { LimitState } from './limit.js';

/** A limit as callers see it. */
export interface LimitView {
  name: string;
  limit: number;
  used: number;
  remaining: number;
  available: number;
  resetsAt: string | null;
  source: 'policy' | 'x';
}

export function toLimitView({ name, limit, used, remaining, available, resetsAt, source }: LimitState): LimitView {
  return { name, limit, used, remaining, available, resetsAt: toTimestampOrNull(resetsAt), source };
}
