import { z } from 'zod';
import { parseAllowedHost } from './values/allowed-host.js';
import type { EncryptionKeyRing } from './values/encryption-key.js';
import { parseDatabaseUrl } from './values/database-url.js';
import { ENCRYPTION_KEY_BYTES, parseEncryptionKey } from './values/encryption-key.js';
import { isXOrigin, parseOrigin } from './values/web-origin.js';

/** What happens to a reply beyond the window or its allotment, unless the message or its channel says otherwise. */
export const BEYOND_ALLOTMENT = ['count', 'hold', 'refuse'] as const;
export type BeyondAllotment = (typeof BEYOND_ALLOTMENT)[number];

/** What later messages to a participant do while nobody knows whether X took one before them. */
export const AFTER_UNKNOWN = ['wait', 'go-on'] as const;
export type AfterUnknown = (typeof AFTER_UNKNOWN)[number];

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

// A timer that is set to more than 2^31 - 1 ms goes off at once.
const LONGEST_TIMER_MS = 2_147_483_647;

function wholeNumber(least: number, most: number, unit = '') {
  const range = `a whole number${unit} from ${least} to ${most}`;
  return z.number().int().min(least).max(most).describe(range);
}

function span(least = 1, most = LONGEST_TIMER_MS) {
  return wholeNumber(least, most, ' of milliseconds');
}

function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values).describe(`one of ${values.join(', ')}`);
}

const flag = () => z.boolean().describe('true or false');

const encryptionKey = z.string().refine((text) => parseEncryptionKey(text) !== null);
const anEncryptionKey = `${ENCRYPTION_KEY_BYTES} bytes in base64 (44 characters)`;
const xOrigin = () =>
  z.string().refine(isXOrigin).describe('an https origin without a path; plain http only on a loopback address');

/**
 * Every setting as the files and variables write it. It knows no default: each stands in `config/default.yaml`.
 * A description completes "must be …" in the message about a wrong value. `channels` has a schema of its own.
 */
export const settingsSchema = z.strictObject({
  server: z.strictObject({
    host: z.string().regex(/^\S+$/).describe('a host name or an IP address'),
    port: wholeNumber(0, 65_535),
    publicUrl: z
      .string()
      .refine((text) => parseOrigin(text) !== null)
      .nullable()
      .describe('an https origin without a port, path, query or user name, or null'),
    maxBodyBytes: wholeNumber(1_024, 16_777_216, ' of bytes'),
    maxSilentConnections: wholeNumber(1, 1_000_000),
    headersWithinMs: span(),
    requestWithinMs: span(),
    stopWithinMs: span(),
    docsEnabled: flag(),
  }),
  database: z.strictObject({
    url: z
      .string()
      .refine((text) => parseDatabaseUrl(text) !== null)
      .describe('sqlite:<file>, such as sqlite:./data/twitter-channel.db, or postgres://user:password@host:5432/name'),
    sqliteBusyTimeoutMs: span(),
    postgresPoolSize: wholeNumber(1, 1_000),
    postgresTimeoutMs: span(1_000),
    postgresMayLoseCommits: z.boolean(),
  }),
  access: z.strictObject({
    adminApiKey: z
      .string()
      .regex(/^[\x21-\x7e]{16,}$/)
      .nullable()
      .describe('at least 16 visible ASCII characters without a space, or null'),
    requestsPerMinute: wholeNumber(0, 10_000_000),
    wrongKeysPerMinute: wholeNumber(0, 10_000_000),
  }),
  encryption: z.strictObject({
    key: encryptionKey.nullable().describe(`${anEncryptionKey}, or null`),
    previousKeys: z.array(encryptionKey).describe(`a list of keys, each ${anEncryptionKey}`),
  }),
  x: z.strictObject({
    apiUrl: xOrigin(),
    uploadUrl: xOrigin(),
    timeoutMs: span(),
    connectTimeoutMs: span(),
    maxConnections: wholeNumber(1, 1_000),
  }),
  webhook: z.strictObject({
    maxBodyBytes: wholeNumber(1_024, 16_777_216, ' of bytes'),
    groupCommitMaxRows: wholeNumber(1, 1_000),
    acknowledgeWithinMs: span(1, 2_999),
    processWithinMs: span(0, 60_000),
  }),
  messaging: z.strictObject({
    concurrency: wholeNumber(1, 1_000),
    concurrencyPerChannel: wholeNumber(1, 1_000),
    leaseMs: span(),
    pollMs: span(),
    afterUnknown: oneOf(AFTER_UNKNOWN),
    waitForUnknownMs: span(),
    historyReadsPer15Minutes: wholeNumber(1, 1_000),
  }),
  ratePolicy: z.strictObject({ beyondAllotment: oneOf(BEYOND_ALLOTMENT), countMessagesSentElsewhere: flag(), startPermissionKeepMs: span() }),
  recovery: z.strictObject({ everyMs: span(60_000) }),
  callbacks: z.strictObject({
    allowedHosts: z.array(z.string().refine((text) => parseAllowedHost(text) !== null)).describe('a list of host names, addresses and CIDRs such as 10.1.0.0/16'),
    timeoutMs: span(),
    maxAnswerBytes: wholeNumber(1, 1_048_576, ' of bytes'),
    pollMs: span(),
    concurrency: wholeNumber(1, 10_000),
    concurrencyPerCallback: wholeNumber(1, 1_000),
    retryDelaysMs: z.array(span(0)).min(1).describe('a list of whole numbers of milliseconds, the wait before each attempt'),
    disableAfterMs: span(),
    stopWithinMs: span(),
    heartbeatMs: span(),
    maxStreams: wholeNumber(1, 100_000),
    keepEventsDays: wholeNumber(1, 365, ' of days'),
    keepDeliveriesDays: wholeNumber(1, 365, ' of days'),
  }),
  media: z.strictObject({
    directory: z.string().min(1).nullable().describe('a path, or null'),
    uploadWithinMs: span(),
    keepUploadsMs: span(60_000),
    cacheMaxBytes: wholeNumber(1_048_576, 1_125_899_906_842_624, ' of bytes'),
    keepFreeBytes: wholeNumber(0, 1_125_899_906_842_624, ' of bytes'),
    allowedHosts: z.array(z.string().refine((text) => parseAllowedHost(text) !== null)).describe('a list of host names, addresses and CIDRs such as 10.1.0.0/16'),
    fetchWithinMs: span(1, 50_000),
    downloadWithinMs: span(),
    uploadConcurrency: wholeNumber(1, 100),
    uploadTries: wholeNumber(1, 1_000),
    leaseMs: span(1_000),
    sweepMs: span(1_000),
  }),
  retention: z.strictObject({ messagesDays: wholeNumber(0, 3_650, ' of days'), webhookEventsDays: wholeNumber(1, 365, ' of days') }),
  timetable: z.strictObject({
    subscriptionCheckMs: span(),
    subscriptionCheckJitterMs: span(0),
    expiredWindowsMs: span(),
    recoveryMs: span(),
    unknownMessagesMs: span(),
    webhookBacklogMs: span(),
    cleanUpMs: span(),
  }),
  idempotency: z.strictObject({ keepMs: span(), runningLeaseMs: span() }),
  logging: z.strictObject({ level: oneOf(LOG_LEVELS) }),
});

/** The tree as the files and variables write it, secrets among it: it does not leave this folder. */
export type SettingsTree = z.infer<typeof settingsSchema>;

/** Where the data lives. A PostgreSQL address holds a password, so it is in `Secrets`. */
export type DatabaseSettings =
  | { engine: 'sqlite'; /** Absolute path. */ file: string; sqliteBusyTimeoutMs: number }
  | { engine: 'postgres'; postgresPoolSize: number; /** 0: without a limit, for programs that have the database to themselves. */ postgresTimeoutMs: number; postgresMayLoseCommits: boolean };

/** A channel of the configuration, without its credentials: those are in `Secrets.channels` at the same place. */
export interface DeclaredChannel {
  name: string;
  /** Null where the generation has no environments. */
  environmentName: string | null;
  eventsApi: 'account-activity-premium' | 'account-activity-enterprise' | 'account-activity-v2' | 'x-activity';
  messagesApi: 'v1.1' | 'v2';
  /** What it does not name: `ratePolicy.beyondAllotment`, and an equal part of the app's limits. */
  policy: { beyondAllotment?: BeyondAllotment | undefined; appShare?: number | undefined; afterUnknown?: AfterUnknown | undefined; keepMessagesDays?: number | undefined };
  /** Whose API keys see the channel. */
  team: string;
  /** Whether the start connects it; otherwise it waits for `POST /v1/channels/{id}/connect`. */
  connect: boolean;
}

/** The four that a channel signs its requests to X with, and what the app has for OAuth 2.0. */
export interface ChannelCredentials {
  consumerKey: string;
  consumerSecret: string;
  accessToken: string;
  accessTokenSecret: string;
  clientId?: string;
  clientSecret?: string;
}

/** What the rest of the service is configured by. Decided, complete, frozen, and without any secret. */
export interface Settings extends Omit<SettingsTree, 'database' | 'access' | 'encryption' | 'media'> {
  /** `directory` is absolute. */
  media: SettingsTree['media'] & { directory: string };
  database: DatabaseSettings;
  access: Omit<SettingsTree['access'], 'adminApiKey'>;
  channels: readonly DeclaredChannel[];
}

export type SettingsSection = keyof Settings;

/** What must never be shown. Kept apart from `Settings`, so that those may be printed and logged. */
export interface Secrets {
  adminApiKey: string | null;
  encryptionKeys: EncryptionKeyRing;
  /** `postgres://…` with its password, or `sqlite:<file>` as written. */
  databaseUrl: string;
  /** In the order of `Settings.channels`. */
  channels: readonly ChannelCredentials[];
}
