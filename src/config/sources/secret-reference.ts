/** Where YAML says that a secret is: in a variable or in a file. */
export type SecretReference = { kind: 'variable'; name: string } | { kind: 'file'; path: string };

/** How to write a secret in YAML, for messages that ask for it. */
export const SECRET_REFERENCE_FORM = 'a reference, ${NAME_OF_A_VARIABLE} or file:/absolute/path';

/** Reads `${ENV_NAME}` or `file:/absolute/path`; null for any other text. */
export function parseSecretReference(text: string): SecretReference | null {
  const name = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1];
  if (name !== undefined) return { kind: 'variable', name };
  return /^file:\/./.test(text) ? { kind: 'file', path: text.slice('file:'.length) } : null;
}
