import type { ProblemCode } from '../kernel/problem-code.js';

export interface ProblemKind {
  status: number;
  title: string;
}

const kind = (status: number, title: string): ProblemKind => ({ status, title });

/** What each error code is as HTTP. `title` is the same for every occurrence; `detail` tells of the one at hand. */
export const PROBLEM_CATALOG: Readonly<Record<ProblemCode, ProblemKind>> = {
  'request.invalid': kind(400, 'The request is not valid'),
  'request.malformed-json': kind(400, 'The body is not JSON'),
  'request.id-must-be-string': kind(400, 'An X id must be a string'),
  'request.invalid-cursor': kind(400, 'The cursor is not valid'),
  'request.idempotency-key-invalid': kind(400, 'The idempotency key is not valid'),
  'request.not-found': kind(404, 'There is nothing at this address'),
  'request.method-not-allowed': kind(405, 'The method is not allowed here'),
  'request.idempotency-key-in-use': kind(409, 'A request with this idempotency key is still running'),
  'request.body-too-large': kind(413, 'The body is too large'),
  'request.unsupported-media-type': kind(415, 'The media type is not supported'),
  'request.idempotency-key-reused': kind(422, 'The idempotency key was used for another request'),

  'access.unauthenticated': kind(401, 'A valid API key is required'),
  'access.scope-missing': kind(403, 'The API key does not allow this'),
  'access.too-many-requests': kind(429, 'There were too many requests'),
  'access.admin-not-limited': kind(422, 'A key with `admin` cannot be limited'),
  'access.channel-limited': kind(403, 'The API key is limited to channels'),
  'access.key-not-found': kind(404, 'There is no such API key'),

  'channel.not-found': kind(404, 'There is no such channel'),
  'channel.account-taken': kind(409, 'The account is already a channel'),
  'channel.declared-in-config': kind(409, 'The channel is declared in the configuration'),
  'channel.public-url-missing': kind(409, 'The service has no public address'),
  'channel.public-url-unreachable': kind(422, 'The public address does not lead here'),
  'channel.callback-url-rejected': kind(422, 'X does not send people back to this service'),
  'authorization.not-found': kind(404, 'There is no such authorization'),
  'channel.not-connected': kind(409, 'The channel is not connected'),
  'channel.not-supported': kind(409, 'The channel’s generation of X’s API does not have this'),
  'channel.no-welcome-message': kind(404, 'The channel has no welcome message'),
  'channel.webhook-occupied': kind(409, 'Another webhook has the place'),
  'channel.credentials-rejected': kind(422, 'X refuses the credentials'),
  'channel.direct-messages-not-permitted': kind(422, 'The tokens do not permit direct messages'),
  'channel.access-level-insufficient': kind(422, 'The app’s access level at X does not include this'),
  'channel.credits-depleted': kind(422, 'The app’s credits at X are used up'),
  'channel.different-account': kind(422, 'The credentials belong to another account'),
  'channel.environment-missing': kind(422, 'The environment’s label is missing'),
  'channel.environment-not-found': kind(422, 'X does not know the environment'),
  'channel.webhook-url-rejected': kind(422, 'X does not accept the webhook address'),
  'channel.webhook-unreachable': kind(422, 'X cannot reach the webhook'),
  'channel.webhook-too-slow': kind(422, 'The webhook answers X too slowly'),
  'channel.webhook-crc-rejected': kind(422, 'X does not accept the webhook’s answer to its challenge'),
  'channel.webhook-invalid': kind(422, 'X holds the webhook for invalid'),
  'channel.subscriptions-used-up': kind(422, 'The app has no subscription left'),
  'channel.silent': kind(422, 'X has told nothing for unusually long'),
  'channel.closed-to-strangers': kind(422, 'The account takes messages only from whom it follows'),
  'channel.subscription-not-permitted': kind(422, 'The app may not subscribe this account'),

  'webhook.challenge-invalid': kind(400, 'The challenge is not one of X’s'),
  'webhook.signature-invalid': kind(401, 'The signature is missing or wrong'),
  'webhook.unknown': kind(404, 'There is no such webhook'),
  'webhook.not-stored': kind(503, 'The event could not be stored'),

  'conversation.not-found': kind(404, 'There is no such conversation'),
  'message.not-found': kind(404, 'There is no such message'),
  'message.already-sent': kind(409, 'The message cannot be cancelled any more'),
  'message.not-unknown': kind(409, 'It is known what became of the message'),
  'message.participant-not-found': kind(422, 'X knows no such participant'),
  'message.cannot-start-conversation': kind(422, 'The participant cannot be written to first'),
  'message.window-closed': kind(409, 'The reply window is closed'),
  'message.allotment-used': kind(409, 'The reply window’s allotment is used'),

  'participant.message-under-way': kind(409, 'A message is on its way to the participant'),

  'callback.not-found': kind(404, 'There is no such callback'),
  'callback.url-not-allowed': kind(422, 'Callbacks may not go to this address'),
  'callback.too-many': kind(409, 'The team has no room for another callback'),
  'callback.disabled': kind(409, 'The callback is switched off'),
  'delivery.not-found': kind(404, 'There is no such delivery'),
  'media.not-found': kind(404, 'There is no such media'),
  'media.too-large': kind(413, 'The file is larger than X takes'),
  'media.type-not-supported': kind(422, 'X does not take files of this kind'),
  'media.source-missing': kind(422, 'Name the file in one way'),
  'media.source-not-allowed': kind(422, 'Media may not be fetched from this address'),
  'media.source-failed': kind(422, 'The file could not be fetched'),
  'media.range-not-satisfiable': kind(416, 'The file does not have these bytes'),
  'media.elsewhere': kind(503, 'Another instance has the file'),
  'media.no-room': kind(507, 'There is no room for more files'),
  'usage.days-not-answerable': kind(422, 'These days cannot be answered together'),
  'event.not-found': kind(404, 'There is no such event'),

  'x.rate-limited': kind(503, 'X’s rate limit is used up'),
  'x.unavailable': kind(503, 'X cannot be reached'),
  'x.unexpected-answer': kind(502, 'X answered in an unexpected way'),
  'service.unavailable': kind(503, 'The service cannot do this at the moment'),
  'service.internal': kind(500, 'Something went wrong here'),
};

/** The problem's stable name as a URI. It is not a link: the catalogue is in the docs explorer. */
export function problemType(code: ProblemCode): string {
  return `urn:twitter-dm-channel:problem:${code}`;
}
