/** X takes https without a port. The sandbox also takes plain http and any port on loopback, so that a test needs no certificate. */
export function isAcceptableWebhookUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, port, username, password, hash } = new URL(url);
  if (username !== '' || password !== '' || hash !== '') return false;
  if (isLoopback(hostname)) return protocol === 'http:' || protocol === 'https:';
  // `new URL` drops the scheme's own port, so ":443" has to be looked for in the text.
  return protocol === 'https:' && port === '' && !/^https:\/\/[^/?#]*:\d+/i.test(url);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
