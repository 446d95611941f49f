import { z } from 'zod';
import type { SettingProblem } from './setting-problem.js';
import { AFTER_UNKNOWN, BEYOND_ALLOTMENT, type ChannelCredentials, type DeclaredChannel } from './settings.js';
import { parseSecretReference, SECRET_REFERENCE_FORM, type SecretReference } from './sources/secret-reference.js';
import { isGroup, type DraftFile } from './sources/settings-draft.js';
import { findClosestName } from './values/closest-name.js';
import { showValue } from './values/shown-value.js';

export const CREDENTIAL_NAMES = ['consumerKey', 'consumerSecret', 'accessToken', 'accessTokenSecret'] as const;
type CredentialName = (typeof CREDENTIAL_NAMES)[number];

const EVENTS_APIS = ['account-activity-premium', 'account-activity-enterprise', 'account-activity-v2', 'x-activity'];
/** Those that have no environments at X. */
const WITHOUT_ENVIRONMENTS = ['account-activity-enterprise', 'account-activity-v2'] as const;
const MESSAGES_APIS = ['v1.1', 'v2'];

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).describe(`one of ${values.join(', ')}`);
const text = (most: number) => z.string().trim().min(1).max(most).describe(`a text of 1 to ${most} characters`);

/** What a declared channel says beside its credentials. A description completes "must be …". */
const fields = {
  name: text(100),
  // It is a part of the path of X's calls, and X tells capitals from small letters in it.
  environmentName: z
    .string()
    .regex(/^[^\s/?#%]{1,100}$/)
    .describe('the label of the dev environment at X, without spaces or slashes'),
  eventsApi: z.enum(['account-activity-premium', ...WITHOUT_ENVIRONMENTS]).optional().describe(`one of ${EVENTS_APIS.join(', ')}`),
  messagesApi: z.enum(['v1.1', 'v2']).optional().describe(`one of ${MESSAGES_APIS.join(', ')}`),
  policy: z
    .strictObject({ beyondAllotment: oneOf(BEYOND_ALLOTMENT).optional(), appShare: z.number().min(0).max(1).optional(), afterUnknown: oneOf(AFTER_UNKNOWN).optional(), keepMessagesDays: z.number().int().min(0).max(3_650).optional(), dailyCap: z.number().int().min(1).max(1_000_000).optional() })
    .optional()
    .describe(`{ beyondAllotment: ${BEYOND_ALLOTMENT.join(' | ')}, appShare: 0 to 1, afterUnknown: ${AFTER_UNKNOWN.join(' | ')}, keepMessagesDays: 0 to 3650, dailyCap: 1 to 1000000 }`),
  team: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional().describe('1 to 64 letters, digits, - or _'),
  connect: z.boolean().optional().describe('true or false'),
};
const fieldsSchema = z.object(fields);

const FIELD_NAMES: readonly string[] = [...Object.keys(fields), ...CREDENTIAL_NAMES];

/** Follows a reference, or says why it leads nowhere. */
export type ResolveSecret = (reference: SecretReference) => { text: string; origin: string } | { missing: string };

export interface ReadChannels {
  channels: DeclaredChannel[];
  credentials: ChannelCredentials[];
  /** `channels[0].accessToken` → where it stands, and behind `via` where the secret itself is. */
  origins: Map<string, string>;
}

/** Reads the list of declared channels and follows its references. A channel with any problem is left out of the result. */
export function readDeclaredChannels(value: unknown, file: DraftFile, resolve: ResolveSecret, problems: SettingProblem[]): ReadChannels {
  const read: ReadChannels = { channels: [], credentials: [], origins: new Map() };
  if (!Array.isArray(value)) {
    problems.push({ key: 'channels', wrong: 'must be a list, each entry beginning with a dash', origin: file.originOf(['channels']) });
    return read;
  }
  for (const [index, declared] of value.entries()) {
    const found: SettingProblem[] = [];
    const at = (name?: string) => ({
      key: name === undefined ? `channels[${index}]` : `channels[${index}].${name}`,
      origin: file.originOf(name === undefined ? ['channels', index] : ['channels', index, name]),
    });
    if (!isGroup(declared)) {
      problems.push({ ...at(), wrong: 'must be a channel, with its settings under the dash' });
      continue;
    }
    found.push(...checkFields(declared, at));
    const credentials = readCredentials(declared, at, resolve, found, read.origins);
    for (const name of Object.keys(declared)) if (name in fields) read.origins.set(at(name).key, at(name).origin);
    if (found.length === 0) {
      read.channels.push(toDeclaredChannel(declared));
      read.credentials.push(credentials);
    }
    problems.push(...found);
  }
  return read;
}

type At = (name?: string) => { key: string; origin: string };

function checkFields(declared: Record<string, unknown>, at: At): SettingProblem[] {
  const unknown = Object.keys(declared).filter((name) => !FIELD_NAMES.includes(name));
  const found = unknown.map((name) => {
    const closest = findClosestName(name, FIELD_NAMES);
    const hint = closest === null ? `a channel has ${FIELD_NAMES.join(', ')}` : `did you mean ${closest}?`;
    return { ...at(name), wrong: `is no setting of a channel; ${hint}` };
  });
  for (const [name, schema] of Object.entries(fields)) {
    const value = declared[name];
    if (schema.safeParse(value).success || (value === undefined && name === 'environmentName' && hasNoEnvironments(declared['eventsApi']))) continue;
    if (value === undefined) found.push({ ...at(name), wrong: `is missing; it must be ${schema.description}` });
    else found.push({ ...at(name), wrong: notYetAvailable(name, value) ?? `${showValue(value)} must be ${schema.description}` });
  }
  return found;
}

function hasNoEnvironments(eventsApi: unknown): boolean {
  return WITHOUT_ENVIRONMENTS.some((name) => name === eventsApi);
}

/** Kinds of channel that the contract names and this version does not speak. */
function notYetAvailable(name: string, value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (name === 'eventsApi' && EVENTS_APIS.includes(value)) return `${value} is not available yet; use account-activity-premium`;
  return null;
}

function readCredentials(
  declared: Record<string, unknown>,
  at: At,
  resolve: ResolveSecret,
  found: SettingProblem[],
  origins: Map<string, string>,
): ChannelCredentials {
  const credentials: ChannelCredentials = { consumerKey: '', consumerSecret: '', accessToken: '', accessTokenSecret: '' };
  for (const name of CREDENTIAL_NAMES) {
    const { key, origin } = at(name);
    const value = declared[name];
    const reference = typeof value === 'string' ? parseSecretReference(value) : null;
    if (reference !== null) {
      const resolved = resolve(reference);
      if ('missing' in resolved) found.push({ key, wrong: resolved.missing, origin });
      else if (/\s/.test(resolved.text)) found.push({ key, wrong: 'leads to a text with white space in it', origin: `${origin} via ${resolved.origin}` });
      else credentials[name] = resolved.text;
      origins.set(key, 'missing' in resolved ? origin : `${origin} via ${resolved.origin}`);
    } else if (isLiteralConsumerKey(name, value)) {
      credentials[name] = value;
      origins.set(key, origin);
    } else {
      const wrong = value === undefined || value === null ? 'is missing' : '(hidden) is written out, which is not allowed for a secret';
      found.push({ key, wrong: `${wrong}; it must be ${SECRET_REFERENCE_FORM}`, origin });
    }
  }
  return credentials;
}

/** The consumer key names the app and is no secret by itself. What looks like a reference gone wrong is not one. */
function isLiteralConsumerKey(name: CredentialName, value: unknown): value is string {
  return name === 'consumerKey' && typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value);
}

function toDeclaredChannel(declared: Record<string, unknown>): DeclaredChannel {
  const { name, environmentName, eventsApi, messagesApi, policy, team, connect } = fieldsSchema.extend({ environmentName: fields.environmentName.optional() }).parse(declared);
  return {
    name,
    environmentName: hasNoEnvironments(eventsApi) ? null : (environmentName ?? null),
    // The same as REST takes when a new channel does not say.
    eventsApi: eventsApi ?? 'account-activity-premium',
    messagesApi: messagesApi ?? 'v1.1',
    policy: policy ?? {},
    team: team ?? 'default',
    connect: connect ?? false,
  };
}
