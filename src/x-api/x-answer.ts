import type { z } from 'zod';
import { XFailure } from './x-failure.js';

/** Turns X's body into what we count on. @throws XFailure `maybe-sent` when it is not that: X acted, but we cannot tell how. */
export function parseAnswer<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') ?? '';
    throw new XFailure('maybe-sent', { status: 200, code: null, detail: `X’s answer was not understood (at "${where}").` });
  }
  return parsed.data;
}
