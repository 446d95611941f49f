import { z } from 'zod';
import { settingsSchema } from '../settings.js';

/** One setting, as `settingsSchema` describes it. */
export interface SettingField {
  section: string;
  name: string;
  /** `section.name`: how YAML, messages and people call it. */
  key: string;
  /** The variable that overrides it, such as `TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BYTES`. */
  variable: string;
  /** The short name of a common one, such as `PORT`; null for the others. */
  shortVariable: string | null;
  schema: z.ZodType;
  isSecret: boolean;
}

export const VARIABLE_PREFIX = 'TWITTER_CHANNEL__';

const SHORT_VARIABLES: Readonly<Record<string, string>> = {
  'server.port': 'PORT',
  'server.host': 'HOST',
  'server.publicUrl': 'PUBLIC_URL',
  'database.url': 'DATABASE_URL',
  'access.adminApiKey': 'ADMIN_API_KEY',
  'encryption.key': 'ENCRYPTION_KEY',
  'encryption.previousKeys': 'ENCRYPTION_KEYS_PREVIOUS',
  'x.apiUrl': 'X_API_URL',
  'x.uploadUrl': 'X_UPLOAD_URL',
};

// Not `database.url`: that one is shown, without its password.
const SECRET_KEYS: ReadonlySet<string> = new Set(['access.adminApiKey', 'encryption.key', 'encryption.previousKeys']);

/** Every setting by its key, in the order of the schema. */
export const SETTING_FIELDS: ReadonlyMap<string, SettingField> = new Map(
  Object.entries(settingsSchema.shape).flatMap(([section, group]) =>
    Object.entries<z.ZodType>(group.shape).map(([name, schema]) => {
      const key = `${section}.${name}`;
      const variable = `${VARIABLE_PREFIX}${toUpperSnake(section)}__${toUpperSnake(name)}`;
      const shortVariable = SHORT_VARIABLES[key] ?? null;
      return [key, { section, name, key, variable, shortVariable, schema, isSecret: SECRET_KEYS.has(key) }] as const;
    }),
  ),
);

export const SECTION_NAMES: readonly string[] = Object.keys(settingsSchema.shape);

/**
 * The text of a variable as a value of the setting's kind: a number, `true` or `false`, a comma-separated list, or null for
 * nothing or `null` where that is allowed. A text that is none of its kind stays a text, for the schema to refuse.
 */
export function parseVariable(schema: z.ZodType, text: string): unknown {
  const trimmed = text.trim();
  if (schema instanceof z.ZodNullable) {
    return trimmed === '' || trimmed === 'null' ? null : parseVariable(schema.unwrap() as z.ZodType, trimmed);
  }
  if (schema instanceof z.ZodArray) return trimmed === '' ? [] : trimmed.split(',').map((part) => parseVariable(schema.element as z.ZodType, part));
  if (schema instanceof z.ZodNumber) return /^-?\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
  if (schema instanceof z.ZodBoolean) return trimmed === 'true' || trimmed === 'false' ? trimmed === 'true' : trimmed;
  return trimmed;
}

function toUpperSnake(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
