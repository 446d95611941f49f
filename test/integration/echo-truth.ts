/**
 * How much of a text survives X: what two texts differ in and X may take away makes them one. Written for the tests, token by token,
 * so that it shares neither a pattern nor a mistake with the rule that it judges.
 */
export function whatSurvives(text: string): string {
  return text.normalize('NFC').split(/\s/u).filter((token) => token !== '').map(linkOf).join(' ');
}

/** X puts a scheme before a host, may put a slash behind it (before a query too), and hosts have no capitals; paths have. What looks like a host may be one. */
function linkOf(token: string): string {
  const isLink = /^[("]*https?:\/\//i.test(token) || /\w\.\w/.test(token);
  if (!isLink) return token;
  const opening = /^[("]*/.exec(token)?.[0] ?? '';
  const bare = token.slice(opening.length).replace(/^https?:\/\//i, '');
  const closing = /[.,;:!?)"]*$/.exec(bare)?.[0] ?? '';
  const link = bare.slice(0, bare.length - closing.length);
  const end = link.search(/[/?#]/);
  const [host, path] = end < 0 ? [link, ''] : [link.slice(0, end), link.slice(end)];
  return `${opening}${host.toLowerCase()}${path.replace(/^\/(?=[?#])|\/$/, '')}${closing}`;
}
