import fc from 'fast-check';
import { IdFactory } from './ids.js';
import { decodeCursor, encodeCursor, toPage } from './page.js';
import { Problem } from './problem.js';

const factory = new IdFactory((length) => new Uint8Array(length).fill(7));
/** Newest first, as lists are read. */
const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ id: factory.create('msg', index) })).reverse();

/** Reads like a service does: what comes after the cursor, and one more than is wanted. */
function walk(rows: readonly { id: string }[], limit: number): string[][] {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const after = cursor === undefined ? undefined : decodeCursor('msg', cursor);
    const read = rows.filter(({ id }) => after === undefined || id < after).slice(0, limit + 1);
    const page = toPage(read, { limit, cursor });
    pages.push(page.items.map(({ id }) => id));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return pages;
}

describe('a list in pages', () => {
  it('shows each row once, in order, and ends with a page that has rows', () => {
    fc.assert(
      fc.property(fc.nat(45), fc.integer({ min: 1, max: 20 }), (count, limit) => {
        const rows = rowsOf(count);
        const pages = walk(rows, limit);
        expect(pages.flat()).toEqual(rows.map(({ id }) => id));
        expect(pages).toHaveLength(Math.max(1, Math.ceil(count / limit)));
      }),
    );
  });

  it('has no next page when the last one is full', () => {
    expect(toPage(rowsOf(20), { limit: 20 }).next).toBeNull();
    expect(toPage(rowsOf(21), { limit: 20 }).next).not.toBeNull();
    expect(toPage([], { limit: 20 })).toEqual({ items: [], next: null });
  });
});

describe('a cursor', () => {
  const id = factory.create('msg', 5);
  const refusal = (cursor: string): unknown => {
    try {
      return decodeCursor('msg', cursor);
    } catch (error) {
      return error instanceof Problem ? error.code : error;
    }
  };

  it('leads back to the row that it was made of', () => {
    expect(decodeCursor('msg', encodeCursor(id))).toBe(id);
  });

  it('is refused with any one character changed, or leads to another row of the list', () => {
    const cursor = encodeCursor(id);
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        const changed = `${cursor.slice(0, at)}${character}${cursor.slice(at + 1)}`;
        const read = refusal(changed);
        expect(read === 'request.invalid-cursor' || encodeCursor(read as string) === changed).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['', 'nothing'],
    [id, 'a bare id'],
    [Buffer.from('after:').toString('base64url'), 'no id'],
    [Buffer.from("after:msg_0' OR 1=1").toString('base64url'), 'more than an id'],
    [Buffer.from(`before:${id}`).toString('base64url'), 'another word'],
    [`${encodeCursor(id)}=`, 'padding'],
    [` ${encodeCursor(id)}`, 'a space'],
    [`${encodeCursor(id)}!`, 'a character of no base64'],
    [Buffer.from(`after:${id}\n`).toString('base64url'), 'a line end'],
  ])('is refused when it is not one of ours: %j (%s)', (cursor) => {
    expect(refusal(cursor)).toBe('request.invalid-cursor');
  });

  it('is refused or led back to itself, whatever text it is', () => {
    fc.assert(
      fc.property(fc.string(), (cursor) => {
        const read = refusal(cursor);
        expect(read === 'request.invalid-cursor' || encodeCursor(read as string) === cursor).toBe(true);
      }),
    );
  });
});
