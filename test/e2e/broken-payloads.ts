type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** In what way one field of a payload is broken. */
const FAULTS = ['missing', 'null', 'renamed', 'of a wrong type'] as const;

export interface BrokenPayload {
  what: string;
  body: string;
  /** Without it the message cannot be told, so it is to be set aside. */
  isEssential: boolean;
}

/** People and apps are told of in the same way in all payloads: those of one message stand for the others. */
const TOLD_ALIKE = /(^|\.)(users|apps|includes|source\.data|target\.data)\.|^(follow|block|mute|favorite|tweet_\w+)_events\.0\.(source|target|user)\./;
const ESSENTIAL = /^(data\.payload\.)?direct_message_events\.(0\.)?(id|created_timestamp|message_create(\.(sender_id|target(\.recipient_id)?|message_data(\.text)?))?)$/;
const ESSENTIAL_OF_XAA = /^data\.(event_type|payload|filter(\.user_id)?)$/;
const ESSENTIAL_OF_CHAT = /^data\.payload\.(id|created_at_msec|sender_id|conversation_id)$/;
const SAMPLES = ['aaa-dm-text-inbound', 'aaa-dm-outbound-echo-own-app', 'aaa-follow', 'xaa-dm-received-text'];

/** The payload with one of its fields broken, each field in each way. */
export function breakEachField(name: string, payload: string): BrokenPayload[] {
  const paths = pathsOf(JSON.parse(payload) as Json).filter((path) => SAMPLES.includes(name) || !TOLD_ALIKE.test(path.join('.')));
  return paths.flatMap((path) =>
    FAULTS.map((fault) => ({ isEssential: isEssential(name, path.join('.')), what: `${name}: ${path.join('.')} ${fault}`, body: JSON.stringify(broken(JSON.parse(payload) as Json, path, fault)) })),
  );
}

function isEssential(name: string, path: string): boolean {
  return ESSENTIAL.test(path) || (/^xaa-(dm|chat)-/.test(name) && ESSENTIAL_OF_XAA.test(path)) || (/^xaa-chat-/.test(name) && ESSENTIAL_OF_CHAT.test(path));
}

function pathsOf(value: Json, path: readonly string[] = []): string[][] {
  if (value === null || typeof value !== 'object') return [];
  const own = Array.isArray(value) ? value.slice(0, 1).map((item, index) => [String(index), item] as const) : Object.entries(value);
  return own.flatMap(([key, nested]) => [[...path, key], ...pathsOf(nested, [...path, key])]);
}

function broken(root: Json, path: readonly string[], fault: (typeof FAULTS)[number]): Json {
  const parent = path.slice(0, -1).reduce<Json>((at, key) => (at as Record<string, Json>)[key] ?? null, root) as Record<string, Json>;
  const key = path.at(-1) ?? '';
  const value = parent[key] ?? null;
  if (fault === 'missing' || fault === 'renamed') {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else Reflect.deleteProperty(parent, key);
    if (fault === 'renamed' && !Array.isArray(parent)) parent[`${key}_v9`] = value;
  } else {
    parent[key] = fault === 'null' ? null : typeof value === 'number' ? [String(value)] : 7;
  }
  return root;
}
