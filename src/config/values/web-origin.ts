/**
 * The origin (`scheme://host[:port]`, no slash at the end) that a text names, or null when it names more or less than one:
 * a path, a query, a fragment, a user name, another scheme than http and https, or nothing a URL parser takes.
 */
export function parseOrigin(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  // Compared as text as well, because the parser drops an empty query, fragment or user name without a word.
  if (url.pathname !== '/' || !/^https?:\/\/[^/?#@\\\s]+\/?$/i.test(text)) return null;
  return url.origin;
}

/** Whether an origin is this machine itself: 127.0.0.0/8, ::1 or localhost. */
export function isLoopbackOrigin(origin: string): boolean {
  const { hostname } = new URL(origin);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** An address of X: https anywhere, plain http only where nobody else can listen. */
export function isXOrigin(text: string): boolean {
  const origin = parseOrigin(text);
  return origin !== null && (origin.startsWith('https:') || isLoopbackOrigin(origin));
}

/** What X accepts as the host of a webhook: https and no port, not even the one https means anyway. */
export function isPublicHttpsOrigin(text: string): boolean {
  const origin = parseOrigin(text);
  return origin !== null && origin.startsWith('https:') && !/:\d*\/?$/.test(text);
}
