import { z } from 'zod';
import { textOf } from '../../http/schemas.dto.js';
import { createChannelSchema, ENVIRONMENT_RULE, isEnvironmentMissing } from '../channel.dto.js';

const { name, consumerKey, consumerSecret, environmentName, eventsApi, messagesApi, policy } = createChannelSchema.shape;

const NEEDED_FIELDS = ['name', 'consumerKey', 'consumerSecret'] as const;
const OWN_FIELDS = [...NEEDED_FIELDS, 'environmentName'] as const;

/** Two shapes in one object, since the errors of a union would point at no field. The document is told of them apart. */
export const createAuthorizationSchema = z
  .strictObject({
    channelId: textOf(0, 100).optional().describe('A channel whose account is to sign in again. Without it: the fields of a new one.'),
    name: name.optional(),
    consumerKey: consumerKey.optional(),
    consumerSecret: consumerSecret.optional(),
    environmentName,
    eventsApi,
    messagesApi,
    policy,
    connect: z.boolean().default(true).describe('Connect the new channel at once.'),
  })
  .superRefine((body, context) => {
    for (const field of OWN_FIELDS) {
      if (body.channelId === undefined && (field === 'environmentName' ? isEnvironmentMissing(body) : body[field] === undefined)) {
        context.addIssue({ code: 'custom', path: [field], message: 'Needed for a new channel; or name the `channelId` of one that is there.' });
      }
      if (body.channelId !== undefined && body[field] !== undefined) {
        context.addIssue({ code: 'custom', path: [field], message: 'Of a channel that is there it is known already: leave it out.' });
      }
    }
  })
  .meta({
    id: 'CreateAuthorization',
    oneOf: [
      { required: ['channelId'], not: { anyOf: OWN_FIELDS.map((field) => ({ required: [field] })) } },
      { required: [...NEEDED_FIELDS], ...ENVIRONMENT_RULE, not: { required: ['channelId'] } },
    ],
    example: { name: 'Najm Fibre support', consumerKey: 'simConsumerKey', consumerSecret: 'sim-consumer-secret', environmentName: 'prod' },
  });

export const authorizationSchema = z
  .object({
    id: z.string(),
    status: z.enum(['pending', 'completed', 'denied', 'failed', 'expired']),
    authorizeUrl: z.string().nullable().describe('Where a person signs in at X as the account. Told once, in the answer that makes it.'),
    channelId: z.string().nullable().describe('The channel that is signed in again, or that was made.'),
    failure: z.object({ code: z.string(), detail: z.string() }).nullable().describe('Why it failed; or, of a completed one, why the channel is not connected yet.'),
    createdAt: z.string(),
    expiresAt: z.string().describe('When it is too late for the person to answer.'),
  })
  .meta({
    id: 'Authorization',
    example: {
      id: 'aut_01m8c775z387yqhdskfrrv0pr7',
      status: 'pending',
      authorizeUrl: 'https://api.x.com/oauth/authorize?oauth_token=Zq3xNwAAAAAAx',
      channelId: null,
      failure: null,
      createdAt: '2026-11-26T12:00:00.000Z',
      expiresAt: '2026-11-26T12:15:00.000Z',
    },
  });

export type CreateAuthorization = z.infer<typeof createAuthorizationSchema>;
export type AuthorizationDto = z.infer<typeof authorizationSchema>;
