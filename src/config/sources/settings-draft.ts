import type { SettingProblem } from '../setting-problem.js';
import { findClosestName } from '../values/closest-name.js';
import { showValue } from '../values/shown-value.js';
import { parseVariable, SECTION_NAMES, SETTING_FIELDS, VARIABLE_PREFIX, type SettingField } from './setting-fields.js';

/** A value that nobody has checked yet, and where it came from. */
export interface DraftEntry {
  value: unknown;
  origin: string;
  /** A file may hold a reference where a secret belongs; a variable holds the secret itself. */
  isFromFile: boolean;
  /** Its reference leads nowhere, which has been reported: there is no value to check. */
  isUnresolved?: boolean;
}

/** The part of a YAML file that is read here. */
export interface DraftFile {
  shownPath: string;
  values: unknown;
  originOf(path: readonly (string | number)[]): string;
}

/** The settings while they are collected: files and variables are applied in turn, the later one wins. */
export interface SettingsDraft {
  entries: Map<string, DraftEntry>;
  /** The declared channels of the last file that has any: a list is replaced as a whole, never merged. */
  channels: { value: unknown; file: DraftFile } | null;
  problems: SettingProblem[];
}

export function createDraft(): SettingsDraft {
  return { entries: new Map(), channels: null, problems: [] };
}

/** Lays a file over what is there. An empty file, or a section with nothing under it, changes nothing. */
export function applyFile(draft: SettingsDraft, file: DraftFile): void {
  if (file.values === null || file.values === undefined) return;
  if (!isGroup(file.values)) {
    draft.problems.push({ key: file.shownPath, wrong: 'must be sections with settings under them', origin: file.shownPath });
    return;
  }
  for (const [section, group] of Object.entries(file.values)) {
    if (section === 'channels') draft.channels = { value: group ?? [], file };
    else if (!SECTION_NAMES.includes(section)) {
      const wrong = `is no section of the settings; ${suggest(section, [...SECTION_NAMES, 'channels'])}`;
      draft.problems.push({ key: section, wrong, origin: file.originOf([section]) });
    } else if (group !== null) applySection(draft, file, section, group);
  }
}

/** Lays the variables over what is there. They may not disagree: a short name and its long one say the same or are refused. */
export function applyVariables(draft: SettingsDraft, env: Readonly<Record<string, string | undefined>>): void {
  const known = new Map([...SETTING_FIELDS.values()].map((field) => [field.variable, field]));
  for (const variable of Object.keys(env)) {
    if (variable.startsWith(VARIABLE_PREFIX) && !known.has(variable)) draft.problems.push(unknownVariable(variable, known.keys()));
  }
  for (const field of SETTING_FIELDS.values()) applyVariable(draft, field, env);
}

function applySection(draft: SettingsDraft, file: DraftFile, section: string, group: unknown): void {
  if (!isGroup(group)) {
    // Its value is not shown: a secret may have slipped one level up.
    draft.problems.push({ key: section, wrong: 'must be settings, one a line, under this name', origin: file.originOf([section]) });
    return;
  }
  for (const [name, value] of Object.entries(group)) {
    const key = `${section}.${name}`;
    const origin = file.originOf([section, name]);
    if (SETTING_FIELDS.has(key)) draft.entries.set(key, { value, origin, isFromFile: true });
    else draft.problems.push({ key, wrong: `is no setting; ${suggest(key, keysNear(section))}`, origin });
  }
}

function applyVariable(draft: SettingsDraft, field: SettingField, env: Readonly<Record<string, string | undefined>>): void {
  const long = env[field.variable];
  const short = field.shortVariable === null ? undefined : env[field.shortVariable];
  const text = long ?? short;
  if (text === undefined) return;
  const origin = long === undefined && field.shortVariable !== null ? field.shortVariable : field.variable;
  if (long !== undefined && short !== undefined && long.trim() !== short.trim()) {
    const values = field.isSecret ? '' : ` (${showValue(short)} and ${showValue(long)})`;
    const wrong = `has two different values${values}; set only one of the two variables`;
    draft.problems.push({ key: field.key, wrong, origin: `${field.shortVariable} and ${field.variable}` });
  }
  draft.entries.set(field.key, { value: parseVariable(field.schema, text), origin, isFromFile: false });
}

function unknownVariable(variable: string, known: Iterable<string>): SettingProblem {
  const wrong = variable.startsWith(`${VARIABLE_PREFIX}CHANNELS`)
    ? 'is no setting; channels are declared in YAML only'
    : `is the variable of no setting; ${suggest(variable.slice(VARIABLE_PREFIX.length), withoutPrefix(known), VARIABLE_PREFIX)}`;
  return { key: variable, wrong, origin: variable };
}

function* withoutPrefix(variables: Iterable<string>): Iterable<string> {
  for (const variable of variables) yield variable.slice(VARIABLE_PREFIX.length);
}

/** The keys of the section itself first, so that of two equally near names the one at hand is suggested. */
function keysNear(section: string): string[] {
  const keys = [...SETTING_FIELDS.keys()];
  const isNear = (key: string) => key.startsWith(`${section}.`);
  return [...keys.filter(isNear), ...keys.filter((key) => !isNear(key))];
}

function suggest(name: string, candidates: Iterable<string>, prefix = ''): string {
  const closest = findClosestName(name, candidates);
  return closest === null ? 'all of them are in config/default.yaml' : `did you mean ${prefix}${closest}?`;
}

export function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
