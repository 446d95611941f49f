import { type IdPrefix, isId } from './ids.js';
import { Problem } from './problem.js';

/** One page of a list, and the cursor of the next one; null when this is the last. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

/**
 * Cuts a page out of rows that were read with `limit + 1`, newest id first. The extra row tells that there is more.
 */
export function toPage<Row extends { id: string }>(rows: readonly Row[], request: PageRequest): Page<Row> {
  const items = rows.slice(0, request.limit);
  const last = items.at(-1);
  return { items, next: rows.length > request.limit && last !== undefined ? encodeCursor(last.id) : null };
}

export function encodeCursor(lastId: string): string {
  return Buffer.from(`after:${lastId}`).toString('base64url');
}

/** The id after which the page starts. @throws Problem `request.invalid-cursor` for anything but a cursor of a list of such ids */
export function decodeCursor(prefix: IdPrefix, cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const id = /^after:(\w+)$/.exec(text)?.[1];
  if (id === undefined || !isId(prefix, id) || encodeCursor(id) !== cursor) {
    throw new Problem('request.invalid-cursor', 'The cursor is not one that this service gave out. Start again without it.', {
      errors: [{ pointer: '?cursor', code: 'invalid', detail: 'Use `page.next` of the same list’s page before, unchanged.' }],
    });
  }
  return id;
}
