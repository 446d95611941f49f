import { createHash } from 'node:crypto';
import { MoveProblem } from './move-problem.js';

/** The column types that `columns.decorator.ts` has; a row is moved by them alone. */
export const MOVED_TYPES = ['text', 'varchar', 'bigint', 'integer', 'boolean'] as const;
export type MovedType = (typeof MOVED_TYPES)[number];

export interface MovedColumn {
  name: string;
  type: MovedType;
}

/** A value as both engines are made to have it. JSON is text to them, and stays byte for byte. */
export type CanonicalValue = string | number | boolean | null;

/**
 * What a driver read, as both engines are made to have it: PostgreSQL's hands whole numbers of 64 bits out as text, SQLite keeps flags as
 * 0 and 1, and any value in any column.
 * @throws MoveProblem for what the column should not hold
 */
export function toCanonical({ type }: MovedColumn, value: unknown): CanonicalValue {
  const canonical = value === null ? null : type === 'boolean' ? toFlag(value) : type === 'bigint' || type === 'integer' ? toWhole(value) : toText(value);
  if (canonical === undefined) {
    throw new MoveProblem(`holds what is no ${type === 'varchar' ? 'text' : type}`);
  }
  return canonical;
}

function toFlag(value: unknown): boolean | undefined {
  return value === true || value === 1 ? true : value === false || value === 0 ? false : undefined;
}

function toWhole(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string' && value.includes('\u0000')) {
    throw new MoveProblem('holds the character NUL, which PostgreSQL cannot hold');
  }
  return typeof value === 'string' ? value : undefined;
}

const MODULUS = 1n << 256n;

/**
 * The checksum of a table: the sum of its rows' digests. So it is the same in whatever order the rows are read, and the engines need not
 * agree on the order of texts.
 */
export class RowSum {
  private sum = 0n;
  private rows = 0;

  add(values: readonly CanonicalValue[]): void {
    this.sum = (this.sum + BigInt(`0x${createHash('sha256').update(JSON.stringify(values)).digest('hex')}`)) % MODULUS;
    this.rows += 1;
  }

  get count(): number {
    return this.rows;
  }

  get checksum(): string {
    return this.sum.toString(16).padStart(64, '0');
  }
}
