import { join } from 'node:path';
import { z } from 'zod';
import { SettingsError, type SettingProblem } from '../setting-problem.js';
import { showValue } from '../values/shown-value.js';
import { SHIPPED_CONFIG_DIR, showPath } from './settings-files.service.js';
import { readYamlFile, type YamlFile } from './yaml-file.service.js';

/** A YAML file of X's numbers. `whole` is what it holds, in words: a rate policy. */
export interface DataFile<Schema extends z.ZodType> {
  name: string;
  schema: Schema;
  whole: string;
}

/**
 * Reads such a file in that folder, or the one that comes with the service if it has none.
 * Throws one `SettingsError` with all that is wrong in it.
 */
export function loadDataFile<Schema extends z.ZodType>(data: DataFile<Schema>, configDir: string, cwd: string): z.infer<Schema> {
  const file = read(join(configDir, data.name), cwd) ?? read(join(SHIPPED_CONFIG_DIR, data.name), cwd);
  if (file === null) throw new SettingsError([{ key: data.name, wrong: 'is missing', origin: showPath(join(configDir, data.name), cwd) }]);
  const parsed = data.schema.safeParse(file.values);
  if (parsed.success) return parsed.data;
  throw new SettingsError(parsed.error.issues.flatMap((issue) => toProblems(issue, file, data)));
}

function read(path: string, cwd: string): YamlFile | null {
  return readYamlFile(path, showPath(path, cwd));
}

function toProblems(issue: z.core.$ZodIssue, file: YamlFile, { name, schema, whole }: DataFile<z.ZodType>): SettingProblem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const keyOf = (parts: readonly (string | number)[]): string => toKey(parts) || name;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ key: keyOf([...path, key]), wrong: `is no part of ${whole}`, origin: file.originOf([...path, key]) }));
  }
  const value = valueAt(file.values, path);
  const allowed = descriptionAt(schema, path) ?? `as config/${name} of the service has it`;
  const wrong = value === undefined ? `is missing; it must be ${allowed}` : `${showValue(value)} must be ${allowed}`;
  return [{ key: keyOf(path), wrong, origin: file.originOf(path) }];
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, part) => (value as Record<PropertyKey, unknown> | null | undefined)?.[part], values);
}

/** What the schema says about the place that a path leads to. */
function descriptionAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string | undefined {
  const [part, ...rest] = path;
  if (part === undefined) return schema instanceof z.ZodType ? schema.description : undefined;
  if (schema instanceof z.ZodArray) return descriptionAt(schema.element, rest);
  const next: unknown = schema instanceof z.ZodObject ? schema.shape[part as string] : undefined;
  return next instanceof z.ZodType ? descriptionAt(next, rest) : undefined;
}

function toKey(path: readonly (string | number)[]): string {
  // `profiles["v1.1"]`, because the name has a dot in it.
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : part.includes('.') ? `["${part}"]` : `.${part}`));
  return parts.join('').replace(/^\./, '');
}
