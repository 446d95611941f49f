import { readFileSync } from 'node:fs';
import type { SecretReference } from './secret-reference.js';

/** What a reference leads to, with the name of the place for people; or why it leads nowhere. */
export type ResolvedSecret = { text: string; origin: string } | { missing: string };

/** Follows a reference. White space around the secret is taken off: an editor ends a file with a line break. */
export function resolveSecret(reference: SecretReference, env: NodeJS.ProcessEnv): ResolvedSecret {
  if (reference.kind === 'variable') {
    const text = env[reference.name]?.trim() ?? '';
    return text === '' ? { missing: `refers to the variable ${reference.name}, which is not set` } : { text, origin: reference.name };
  }
  try {
    const text = readFileSync(reference.path, 'utf8').trim();
    return text === '' ? { missing: `refers to the file ${reference.path}, which is empty` } : { text, origin: reference.path };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { missing: `refers to the file ${reference.path}, which cannot be read (${code ?? 'unknown reason'})` };
  }
}
