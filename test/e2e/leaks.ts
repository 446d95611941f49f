/** As it is, and as it would look in a URL, in base64, or escaped. */
function disguises(secret: string): string[] {
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, ''), Buffer.from(secret).toString('hex')];
}

/** The secrets that stand in a text. */
export function leaks(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => disguises(secret).some((disguise) => text.includes(disguise)));
}
