import { z } from 'zod';
import { AFTER_UNKNOWN, BEYOND_ALLOTMENT } from '../config/settings.js';
import { pageOf, pageQuery, patchSchema, textOf } from '../http/schemas.dto.js';

const secret = (what: string) => textOf(0, 500).regex(/^\S+$/, 'Must not contain spaces.').describe(`${what} Never answered again.`);
const name = textOf(0, 100).regex(/\S/, 'Must not be blank.').trim().describe('What your teams call the channel.');
const policySchema = z
  .strictObject({
    beyondAllotment: z
      .enum(BEYOND_ALLOTMENT)
      .optional()
      .describe('A reply beyond the window or its allotment: `count` sends it and it counts towards the rate limits, `hold` waits for the next inbound message, `refuse` answers 409.'),
    appShare: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .optional()
      .describe('The part of the app’s limits that is kept for this channel, 0 to 1. null or absent: an equal part of what the app’s other channels leave.'),
    afterUnknown: z
      .enum(AFTER_UNKNOWN)
      .optional()
      .describe('While nobody knows whether X took a message, later ones to the same participant `wait` for up to 6 minutes, so that they stay in order, or `go-on`. Absent: the service’s setting, `wait` unless an operator changed it.'),
    keepMessagesDays: z.number().int().min(0).max(3_650).nullable().optional().describe('How many days messages are kept that nothing comes of any more; 0: until they are erased. null or absent: the service’s setting.'),
    dailyCap: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .nullable()
      .optional()
      .describe('How many messages are handed to X on one day, by UTC, at most: what is beyond is held until the next day begins (`daily-cap`). null or absent: as many as X takes.'),
  })
  .describe('How the channel treats X’s reply window, its limits and unclear answers, and how long it keeps messages.');

const PREMIUM = 'account-activity-premium';
/** Those that have no environments at X. */
const WITHOUT_ENVIRONMENTS = ['account-activity-enterprise', 'account-activity-v2'] as const;
const eventsApi = z.enum([PREMIUM, ...WITHOUT_ENVIRONMENTS]);
const messagesApi = z.enum(['v1.1', 'v2']);
const environmentName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,50}$/, 'Letters, digits, dashes and underscores, up to 50.')
  .describe('The dev environment label at X, with its capitals: X tells `Prod` from `prod`. Needed by `account-activity-premium`; the others have none, and leave it out of account.');

/** What the document says of a body that leaves the environment's label out. */
export const ENVIRONMENT_RULE = { anyOf: [{ required: ['environmentName'] }, { required: ['eventsApi'], properties: { eventsApi: { enum: [...WITHOUT_ENVIRONMENTS] } } }] };

export function isEnvironmentMissing(body: { eventsApi: string; environmentName?: string | undefined }): boolean {
  return body.eventsApi === PREMIUM && body.environmentName === undefined;
}

const credentials = {
  consumerKey: secret('The app’s consumer key (API key).'),
  consumerSecret: secret('The app’s consumer secret (API key secret).'),
  accessToken: secret('The account’s access token.'),
  accessTokenSecret: secret('The account’s access token secret.'),
};

export const createChannelSchema = z
  .strictObject({
    name,
    ...credentials,
    environmentName: environmentName.optional(),
    eventsApi: eventsApi.default(PREMIUM).describe('How X delivers events.'),
    messagesApi: messagesApi.default('v1.1').describe('How messages are sent. `v2` has other limits at X.'),
    policy: policySchema.optional(),
  })
  .superRefine((body, context) => {
    if (isEnvironmentMissing(body)) {
      context.addIssue({ code: 'custom', path: ['environmentName'], message: `Needed with ${PREMIUM}.` });
    }
  })
  .meta({
    id: 'CreateChannel',
    ...ENVIRONMENT_RULE,
    example: {
      name: 'Najm Fibre support',
      consumerKey: 'simConsumerKey',
      consumerSecret: 'sim-consumer-secret',
      accessToken: '1502938475610293847-simAccessTokenTwo',
      accessTokenSecret: 'sim-access-secret-two',
      environmentName: 'prod',
    },
  });

export const patchChannelSchema = patchSchema(
  {
    name: name.optional(),
    policy: policySchema.optional(),
    messagesApi: messagesApi.optional().describe('How messages are sent from now on; history, windows and what was counted stay.'),
    eventsApi: eventsApi.optional().describe('How X delivers events from now on. What the channel had before is ended at X, and its `webhookUrl` changes; history, windows and conversations stay, and what X tells meanwhile is read back.'),
    environmentName: environmentName.optional(),
    paused: z.boolean().optional().describe('`true`: inbound is kept, sends are held.'),
    consumerKey: credentials.consumerKey.optional(),
    consumerSecret: credentials.consumerSecret.optional(),
    accessToken: credentials.accessToken.optional(),
    accessTokenSecret: credentials.accessTokenSecret.optional(),
  },
  { id: 'PatchChannel', example: { name: 'Najm care', policy: { beyondAllotment: 'hold' } } },
);

export const connectChannelSchema = z
  .strictObject({
    takeOver: z
      .boolean()
      .default(false)
      .describe('Remove a webhook of somebody else that has the environment’s only place. What it served goes silent.'),
  })
  .meta({ id: 'ConnectChannel', example: { takeOver: false } });

const secretState = z.object({ updatedAt: z.string() });

/** A connected channel, as the docs explorer shows it. */
export const CHANNEL_EXAMPLE = {
  id: 'chn_01m81mm3kzadxvtgak2mv71gjh',
  name: 'Najm support',
  account: { id: '1488203456789012345', username: 'NajmTelecomCare', name: 'Najm Telecom Care' },
  eventsApi: 'account-activity-premium',
  messagesApi: 'v1.1',
  environmentName: 'prod',
  status: 'connected',
  statusDetail: null,
  webhookUrl: 'https://dm.example.com/webhooks/x/2c5857f1c5a0e080c7245514a352c038',
  policy: { beyondAllotment: 'count' },
  secrets: {
    consumerKey: { updatedAt: '2026-11-22T12:00:00.000Z' },
    consumerSecret: { updatedAt: '2026-11-22T12:00:00.000Z' },
    accessToken: { updatedAt: '2026-11-22T12:00:00.000Z' },
    accessTokenSecret: { updatedAt: '2026-11-22T12:00:00.000Z' },
  },
  declaredInConfig: false,
  createdAt: '2026-11-22T12:00:00.000Z',
  updatedAt: '2026-11-22T12:00:00.000Z',
};

export const channelSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    account: z.object({ id: z.string(), username: z.string(), name: z.string() }),
    eventsApi: z.string(),
    messagesApi: z.string(),
    environmentName: z.string().nullable(),
    status: z.enum(['pending', 'connected', 'degraded', 'disconnected', 'revoked', 'paused']),
    statusDetail: z.string().nullable().describe('Why it is degraded or revoked.'),
    webhookUrl: z.string().nullable().describe('Where X calls us; null until PUBLIC_URL is set.'),
    policy: z.object({ beyondAllotment: z.enum(BEYOND_ALLOTMENT), appShare: z.number().optional(), afterUnknown: z.enum(AFTER_UNKNOWN).optional(), keepMessagesDays: z.number().optional(), dailyCap: z.number().optional() }),
    secrets: z.object({ consumerKey: secretState, consumerSecret: secretState, accessToken: secretState, accessTokenSecret: secretState }),
    declaredInConfig: z.boolean(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Channel', example: CHANNEL_EXAMPLE });

export const channelPageSchema = pageOf('ChannelPage', channelSchema, [CHANNEL_EXAMPLE]);
export const channelQuerySchema = z.strictObject(pageQuery);

export type CreateChannel = z.infer<typeof createChannelSchema>;
export type PatchChannel = z.infer<typeof patchChannelSchema>;
export type ChannelDto = z.infer<typeof channelSchema>;
