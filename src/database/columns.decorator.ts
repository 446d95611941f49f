import { Column, type ColumnOptions, PrimaryColumn, type ValueTransformer } from 'typeorm';

/**
 * Columns that mean the same on SQLite and PostgreSQL. An entity uses these and nothing else;
 * migrations use the matching `…Type` of `column-types.migration.ts`.
 */

// PostgreSQL's driver hands bigint out as text; SQLite's as a number. Instants stay below 2^53 either way.
const instantTransformer: ValueTransformer = {
  to: (value: number | null | undefined) => value,
  from: (value: string | number | null) => (value === null ? null : Number(value)),
};

// Stored as text on both engines: `jsonb` reorders keys, and a stored answer has to come back byte for byte.
const jsonTransformer: ValueTransformer = {
  to: (value: unknown) => (value === null || value === undefined ? value : JSON.stringify(value)),
  from: (value: string | null) => (value === null ? null : (JSON.parse(value) as unknown)),
};

type Options = Pick<ColumnOptions, 'name' | 'nullable'>;

/** Our own prefixed id, or another text that names the row. */
export const IdColumn = (options: Pick<ColumnOptions, 'name'> = {}): PropertyDecorator => PrimaryColumn({ type: 'varchar', ...options });

/** Text of any length. X's ids are text too: a 64-bit number does not survive JavaScript. */
export const TextColumn = (options: Options = {}): PropertyDecorator => Column({ type: 'text', ...options });

/** Epoch milliseconds. */
export const InstantColumn = (options: Options = {}): PropertyDecorator =>
  Column({ type: 'bigint', transformer: instantTransformer, ...options });

/** A small whole number. */
export const CountColumn = (options: Options & Pick<ColumnOptions, 'default'> = {}): PropertyDecorator => Column({ type: 'integer', ...options });

/** A flag; SQLite keeps it as 0 or 1. */
export const FlagColumn = (options: Options & Pick<ColumnOptions, 'default'> = {}): PropertyDecorator => Column({ type: 'boolean', ...options });

/** A structure of ours, kept as JSON text. */
export const JsonColumn = (options: Options & Pick<ColumnOptions, 'default'> = {}): PropertyDecorator =>
  Column({ type: 'text', transformer: jsonTransformer, ...options });
