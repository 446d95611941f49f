/**
 * Whose id stands at a place of a path: the ids of a new kind of thing go here, and one of team A's into `test/e2e/isolation.spec.ts`.
 * Some stand here before their operations do.
 */
const KINDS: Readonly<Record<string, string>> = {
  '/v1/api-keys/{id}': 'key',
  '/v1/channels/{id}': 'chn',
  '/v1/channels/authorizations/{id}': 'aut',
  '/v1/messages/{id}': 'msg',
  '/v1/conversations/{id}': 'cnv',
  '/v1/callbacks/{id}': 'cbk',
  '/v1/deliveries/{id}': 'dlv',
  '/v1/events/{id}': 'evt',
  '/v1/media/{id}': 'med',
  '/v1/participants/{channelId}/{number}': 'participant',
  '/webhooks/x/{key}': 'webhook',
};

/** Ids outside of a path go by their names. */
const KINDS_BY_NAME: Readonly<Record<string, string>> = {
  channelId: 'chn',
  channelIds: 'chn',
  conversationId: 'cnv',
  messageId: 'msg',
  callbackId: 'cbk',
  deliveryId: 'dlv',
  eventId: 'evt',
  authorizationId: 'aut',
  keyId: 'key',
  mediaId: 'med',
  after: 'evt',
};

/** Which kind of id a path takes at one of its places. */
export function kindInPath(path: string, name: string): string {
  const until = path.slice(0, path.indexOf(`{${name}}`) + name.length + 2);
  const kind = KINDS[until] ?? KINDS_BY_NAME[name];
  if (kind === undefined) throw new Error(`Which kind of id is ${until}? Tell it in test/fuzz/things.ts.`);
  return kind;
}

export function kindOfName(name: string): string | null {
  return KINDS_BY_NAME[name] ?? null;
}

/** An id of the kind that nothing has. */
export function missingId(kind: string): string {
  if (kind === 'participant' || kind === 'account') return '987654321098';
  return kind === 'webhook' ? '0'.repeat(32) : `${kind}_${'0'.repeat(26)}`;
}
