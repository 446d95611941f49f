import { z } from 'zod';
import type { SettingProblem } from './setting-problem.js';
import type { SettingsTree } from './settings.js';
import { SETTING_FIELDS, type SettingField } from './sources/setting-fields.js';
import type { DraftEntry } from './sources/settings-draft.js';
import { isInMemorySqlite, parseDatabaseUrl } from './values/database-url.js';
import { HIDDEN, showValue } from './values/shown-value.js';
import { isLoopbackOrigin, isPublicHttpsOrigin } from './values/web-origin.js';

/** The settings whose values are right by themselves; what is wrong is missing. */
export type PartialTree = { [Section in keyof SettingsTree]: Partial<SettingsTree[Section]> };

/** Checks each setting by itself against its schema. Every one that is missing or wrong becomes a problem. */
export function checkFields(entries: ReadonlyMap<string, DraftEntry>, problems: SettingProblem[], defaultsFile: string): PartialTree {
  const tree: Record<string, Record<string, unknown>> = {};
  for (const field of SETTING_FIELDS.values()) {
    const group = (tree[field.section] ??= {});
    const entry = entries.get(field.key);
    if (entry === undefined) {
      problems.push({ key: field.key, wrong: `is missing; it must be ${field.schema.description}`, origin: defaultsFile });
      continue;
    }
    if (entry.isUnresolved === true) continue;
    const found = problemsOf(field, entry);
    problems.push(...found);
    if (found.length === 0) group[field.name] = entry.value;
  }
  // Each value has passed the schema of its own key, which is all that this type says.
  return tree as PartialTree;
}

/** The rules between settings. They speak only where the settings they compare are right by themselves. */
export function checkRules(tree: PartialTree, isProduction: boolean, report: (key: string, wrong: string) => void): void {
  const { server, x, database, encryption, timetable, messaging } = tree;
  if (typeof server.publicUrl === 'string' && x.apiUrl !== undefined) {
    if (!isPublicHttpsOrigin(server.publicUrl) && !isLoopbackOrigin(x.apiUrl)) {
      const why = 'plain http and a port are for a simulator only, with x.apiUrl on a loopback address';
      report('server.publicUrl', `${showValue(server.publicUrl)} must be an https origin without a port; ${why}`);
    }
  }
  if (encryption.key === null && database.url !== undefined) {
    const isPostgres = parseDatabaseUrl(database.url)?.engine === 'postgres';
    if (isProduction || isPostgres) {
      const reason = isProduction ? 'NODE_ENV is production' : 'the database is PostgreSQL';
      const remedy = '32 bytes in base64, such as `openssl rand -base64 32` prints, in ENCRYPTION_KEY';
      report('encryption.key', `is not set, and must be when ${reason}: ${remedy}`);
    }
  }
  if (isAtLeast(timetable.subscriptionCheckJitterMs, timetable.subscriptionCheckMs)) {
    const shown = showValue(timetable.subscriptionCheckJitterMs);
    report('timetable.subscriptionCheckJitterMs', `${shown} must be less than timetable.subscriptionCheckMs, the time between two checks`);
  }
  // A send begins within a third of its lease, or not at all.
  if (x.timeoutMs !== undefined && isAtLeast(1.5 * x.timeoutMs, messaging.leaseMs)) {
    const why = 'or a send is taken for abandoned while X is still answering it';
    report('messaging.leaseMs', `${showValue(messaging.leaseMs)} must be more than one and a half times x.timeoutMs (${showValue(x.timeoutMs)}), ${why}`);
  }
}

function problemsOf(field: SettingField, { value, origin }: DraftEntry): SettingProblem[] {
  if (field.schema instanceof z.ZodArray && Array.isArray(value)) {
    const element = field.schema.element as z.ZodType;
    return value.flatMap((item: unknown, index) =>
      element.safeParse(item).success ? [] : [wrongValue({ ...field, key: `${field.key}[${index}]` }, item, origin)],
    );
  }
  return field.schema.safeParse(value).success ? [] : [wrongValue(field, value, origin)];
}

function wrongValue({ key, schema, isSecret }: SettingField, value: unknown, origin: string): SettingProblem {
  const shown = isSecret ? HIDDEN : showValue(value);
  const isInMemory = key === 'database.url' && typeof value === 'string' && isInMemorySqlite(value);
  const reason = isInMemory ? '; one in memory is refused, because reads and writes use a connection each and both need the same data' : '';
  return { key, wrong: `${shown} must be ${schema.description}${reason}`, origin };
}

function isAtLeast(value: number | undefined, other: number | undefined): boolean {
  return value !== undefined && other !== undefined && value >= other;
}
