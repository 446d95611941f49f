/** What stands in a message or a listing instead of a secret. */
export const HIDDEN = '(hidden)';

const LONGEST_SHOWN = 100;

/** A value as a person may see it in a message: short, on one line, and a URL without its password. Not for secrets. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return shorten(JSON.stringify(showUrl(value)));
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a group of keys';
  return String(value);
}

/**
 * A URL without what it may keep secret: password, query and fragment. Text that is no URL is returned as it is,
 * unless it holds an `@`: then part of it could be a password in a place where no parser expects one.
 */
export function showUrl(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  if (scheme === undefined) return text.includes('@') ? HIDDEN : text;
  const rest = text.slice(scheme.length);
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const path = rest.slice(authority.length);
  // An `@` behind the authority may belong to a password with an unescaped `/`, `?` or `#`: where it begins is then unknown.
  // So it is in `user:password` without a host: what stands where a port belongs is shown only if it can be one.
  const isHostAndPort = /^(\[[0-9a-f:.]*\]|[^:]*)(:\d{0,5})?$/i.test(authority);
  if (path.includes('@') || (!authority.includes('@') && !isHostAndPort)) return `${scheme}${HIDDEN}`;
  return `${scheme}${hidePassword(authority)}${path.replace(/[?#].+$/s, (tail) => `${tail[0] ?? ''}${HIDDEN}`)}`;
}

function hidePassword(authority: string): string {
  const at = authority.lastIndexOf('@');
  const colon = authority.indexOf(':');
  return at === -1 || colon === -1 || colon > at ? authority : `${authority.slice(0, colon)}:${HIDDEN}${authority.slice(at)}`;
}

function shorten(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}
