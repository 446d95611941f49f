import { parseUrl } from '../kernel/url.js';

/** X's older name for it still answers. */
const API_HOSTS = ['api.x.com', 'api.twitter.com'];
const OPEN_HOSTS = /^(pbs|video)\.twimg\.com$/;
const SIGNED_HOSTS = /^ton\.(twitter|x)\.com$/;

/** A medium's address at X: one of X's own media hosts, and whether it wants a signature of the account. Null for any other. */
export function parseMediaAddress(text: string): { url: URL; isSigned: boolean } | null {
  const url = parseUrl(text);
  if (url === null || url.protocol !== 'https:' || url.port !== '' || url.username !== '' || !isMediaHost(url.hostname)) {
    return null;
  }
  return { url, isSigned: SIGNED_HOSTS.test(url.hostname) };
}

export function isMediaHost(host: string): boolean {
  return OPEN_HOSTS.test(host) || SIGNED_HOSTS.test(host);
}

/** Whether an API address is X itself. A simulator, at any other address, has X's media too. */
export function isXItself(apiUrl: string): boolean {
  return API_HOSTS.includes(parseUrl(apiUrl)?.hostname ?? '');
}
