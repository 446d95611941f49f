import { join } from 'node:path';
import { z } from 'zod';
import { ratePoliciesSchema, type RatePolicies } from './rate-policies.js';
import { SettingsError, type SettingProblem } from './setting-problem.js';
import { SHIPPED_CONFIG_DIR, showPath } from './sources/settings-files.service.js';
import { readYamlFile, type YamlFile } from './sources/yaml-file.service.js';
import { showValue } from './values/shown-value.js';

const FILE_NAME = 'rate-policies.yaml';

/**
 * Reads what X grants from `rate-policies.yaml` in that folder, or from the one that comes with the service if it has none.
 * Throws one `SettingsError` with all that is wrong in it.
 */
export function loadRatePolicies(configDir: string, cwd = process.cwd()): RatePolicies {
  const file = read(join(configDir, FILE_NAME), cwd) ?? read(join(SHIPPED_CONFIG_DIR, FILE_NAME), cwd);
  if (file === null) throw new SettingsError([{ key: FILE_NAME, wrong: 'is missing', origin: showPath(join(configDir, FILE_NAME), cwd) }]);
  const parsed = ratePoliciesSchema.safeParse(file.values);
  if (parsed.success) return parsed.data.profiles;
  throw new SettingsError(parsed.error.issues.flatMap((issue) => toProblems(issue, file)));
}

function read(path: string, cwd: string): YamlFile | null {
  return readYamlFile(path, showPath(path, cwd));
}

function toProblems(issue: z.core.$ZodIssue, file: YamlFile): SettingProblem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => ({ key: toKey([...path, name]), wrong: 'is no part of a rate policy', origin: file.originOf([...path, name]) }));
  }
  const value = valueAt(file.values, path);
  const allowed = descriptionAt(ratePoliciesSchema, path) ?? 'as config/rate-policies.yaml of the service has it';
  const wrong = value === undefined ? `is missing; it must be ${allowed}` : `${showValue(value)} must be ${allowed}`;
  return [{ key: toKey(path), wrong, origin: file.originOf(path) }];
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
  return parts.join('').replace(/^\./, '') || FILE_NAME;
}
