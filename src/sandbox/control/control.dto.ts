import { z } from 'zod';
import { FAULT_KINDS, FAULT_ROUTES } from './fault.js';

/*
 * The control API, all of it under /sandbox/api, JSON in and out. Errors are `{"error": "…"}` with 400, 404 or 409.
 *
 * GET    state                                      everything but the messages
 * GET    brands · participants · webhooks
 * GET    conversations/:brandId/:participantId      messages both ways, X's own view of the reply window
 * POST   participants/:id/messages                  MessageBody → { eventId, createdTimestamp, delivery: { status, ms } | null }
 * POST   brands/:id/messages-from-app               MessageBody; a person writes in an X app (Twitter Web App)
 * POST   participants/:id/encrypted-messages        EncryptedBody; X tells of it in X Activity only, and nobody can read it
 * POST   brands/:id/encrypted-messages              EncryptedBody; a person writes it in an X app
 * POST   messages/:eventId/deliver                  delivers a message (again), e.g. one written with `deliver: false`
 * POST   participants/:id/{read,typing,follow,unfollow,block,unblock}   RelationBody
 * POST   brands/:id/{block,unblock}                 { participant }; X tells the brand's webhook
 * POST   brands/:id/{unsubscribe,revoke}            X ends the subscription / the account withdraws access (event, then 89)
 * POST   brands/:id/authorize                       GrantBody; connects the account to the app again, with new tokens
 * POST   webhooks/:id/invalidate · webhooks/crc     X finds it invalid / X's periodic challenge, now, of all of them
 * POST   apps · brands · participants               AppBody, BrandBody, ParticipantBody
 * PATCH  apps/:id                                   { consumerSecret } (regenerated in the portal), { clientSecret }, { environments }, { callbackUrls }
 * PATCH  brands/:id · participants/:id              AccountPatch
 * POST   faults · GET faults · DELETE faults[/:id]  FaultBody
 * GET    ledger · DELETE ledger                     sends X took, requests it saw, deliveries it made
 * GET    stream                                     server-sent events: `change` with what changed
 */

const xId = z.string().regex(/^\d{1,19}$/);
const instant = z.number().int().nonnegative();
const label = z.string().min(1).max(50);
const accessLevel = z.enum(['read', 'read-write', 'read-write-directmessages']);
const receivesFrom = z.enum(['anyone', 'followed', 'nobody']);

export const messageBody = z.strictObject({
  to: xId,
  text: z.string().max(10_000),
  quickReplyMetadata: z.string().max(1_000).optional(),
  photo: z.boolean().optional(),
  /** Instead of `photo`: of so many bytes, which X makes up. */
  media: z.strictObject({ kind: z.enum(['photo', 'animated_gif', 'video']), sizeBytes: z.number().int().min(12).max(256 * 1_048_576) }).optional(),
  /** When X says it was written; now unless said. */
  createdAt: instant.optional(),
  /** Whether the webhook is told; `twice` is X repeating itself. */
  deliver: z.union([z.boolean(), z.literal('twice')]).optional(),
});
export type MessageBody = z.infer<typeof messageBody>;

export const encryptedBody = z.strictObject({ to: xId, createdAt: instant.optional() });
export type EncryptedBody = z.infer<typeof encryptedBody>;

export const relationBody = z.strictObject({ brand: xId, eventId: xId.optional() });
export type RelationBody = z.infer<typeof relationBody>;

export const brandRelationBody = z.strictObject({ participant: xId });

export const appBody = z.strictObject({
  name: label,
  consumerKey: label,
  consumerSecret: z.string().min(1),
  environments: z.array(label).min(1),
});
export type AppBody = z.infer<typeof appBody>;

export const appPatch = z.strictObject({ consumerSecret: z.string().min(1).optional(), clientSecret: z.string().min(1).nullable().optional(), environments: z.array(label).min(1).optional(), callbackUrls: z.array(z.url()).nullable().optional() });
export type AppPatch = z.infer<typeof appPatch>;

export const grantBody = z.strictObject({
  appId: xId.optional(),
  accessToken: z.string().min(1).optional(),
  accessTokenSecret: z.string().min(1).optional(),
  accessLevel: accessLevel.optional(),
});
export type GrantBody = z.infer<typeof grantBody>;

export const brandBody = z.strictObject({ ...grantBody.shape, id: xId.optional(), name: label, screenName: label });
export type BrandBody = z.infer<typeof brandBody>;

export const participantBody = z.strictObject({
  id: xId.optional(),
  name: label,
  screenName: label,
  receivesFrom: receivesFrom.optional(),
  follows: z.array(xId).optional(),
});
export type ParticipantBody = z.infer<typeof participantBody>;

export const accountPatch = z.strictObject({ isSuspended: z.boolean().optional(), receivesFrom: receivesFrom.optional(), accessLevel: accessLevel.optional() });
export type AccountPatch = z.infer<typeof accountPatch>;

export const faultBody = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  /** `send` unless said; a fault of echoes or deliveries needs none. */
  route: z.enum(FAULT_ROUTES).optional(),
  /** Once unless said; null strikes until it is removed. */
  times: z.number().int().positive().nullish(),
  participant: xId.optional(),
  delayMs: z.number().int().nonnegative().max(600_000).optional(),
  /** For `status` and `html-error`. */
  status: z.number().int().min(200).max(599).optional(),
  code: z.number().int().optional(),
  message: z.string().optional(),
  body: z.string().optional(),
});
export type FaultBody = z.infer<typeof faultBody>;
