const OUR_ID = /\b([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}\b/g;
const KEPT = 20;

/** What earlier answers gave, for later requests to use: ids by their prefix, cursors, webhook addresses. */
export class Memory {
  private readonly values = new Map<string, string[]>();

  /** The newest last, none twice. */
  keep(kind: string, value: string): void {
    const others = (this.values.get(kind) ?? []).filter((other) => other !== value);
    this.values.set(kind, [...others, value].slice(-KEPT));
  }

  all(kind: string): readonly string[] {
    return this.values.get(kind) ?? [];
  }

  learn(operationId: string, text: string): void {
    for (const [id, prefix] of text.matchAll(OUR_ID)) this.keep(prefix ?? '', id);
    for (const [, key] of text.matchAll(/\/webhooks\/x\/([0-9a-f]{32})/g)) this.keep('webhook', key ?? '');
    for (const [, token] of text.matchAll(/oauth_token=([\w-]+)/g)) this.keep('oauth-token', token ?? '');
    for (const [, cursor] of text.matchAll(/"next":"([^"]+)"/g)) this.keep(`cursor of ${operationId}`, cursor ?? '');
  }
}
