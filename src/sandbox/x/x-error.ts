import { jsonAnswer, type Answer } from '../wire/exchange.js';
import { writeJson } from '../wire/json-text.js';

/** `[HTTP status, X's code, X's text]`. */
export type XErrorEntry = readonly [status: number, code: number, message: string];

/** X's refusals by name. Texts and statuses are those of the platform fact sheet; 50, 108 and 214 for a recipient are from live answers. */
export const X_ERRORS = {
  couldNotAuthenticate: [401, 32, 'Could not authenticate you.'],
  invalidToken: [401, 89, 'Invalid or expired token.'],
  timestampOutOfBounds: [401, 135, 'Timestamp out of bounds.'],
  badAuthenticationData: [400, 215, 'Bad Authentication data.'],
  unableToVerifyCredentials: [403, 99, 'Unable to verify your credentials'],
  credentialsNotAllowedHere: [403, 220, 'Your credentials do not allow access to this resource.'],
  applicationCannotWrite: [403, 261, 'Application cannot perform write actions.'],
  forbidden: [403, 200, 'Forbidden.'],
  noSuchPage: [404, 34, 'Sorry, that page does not exist.'],
  noSuchUser: [404, 50, 'User not found.'],
  noUserMatches: [404, 17, 'No user matches for specified terms.'],
  recipientNotFound: [403, 108, 'Cannot find specified user.'],
  userSuspended: [403, 63, 'User has been suspended.'],
  senderSuspended: [403, 64, 'Your account is suspended and is not permitted to access this feature.'],
  callbackNotApproved: [403, 415, 'Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings'],
  rateLimited: [429, 88, 'Rate limit exceeded'],
  noDirectMessagePermission: [403, 93, 'This application is not allowed to access or delete your direct messages.'],
  overCapacity: [503, 130, 'Over capacity'],
  internalError: [500, 131, 'Internal error'],
  notFollowing: [403, 150, 'You cannot send messages to users who are not following you.'],
  alreadySaidThat: [403, 151, 'There was an error sending your message: Whoops! You already said that.'],
  cannotMessageUser: [403, 349, 'You cannot send messages to this user.'],
  textTooLong: [403, 354, 'The text of your direct message is over the max character limit.'],
  mediaIdInvalid: [400, 324, 'The validation of media ids failed.'],
  webhookUrlUnacceptable: [403, 214, 'Webhook URL does not meet the requirements.'],
  crcWrong: [403, 214, 'Webhook URL does not meet the requirements. Invalid CRC token or json response format.'],
  crcSlow: [403, 214, 'High latency on CRC GET request. Your webhook should respond in less than 3 seconds.'],
  crcNotOk: [403, 214, 'Non-200 response code during CRC GET request (i.e. 404, 500, etc).'],
  tooManyResources: [403, 214, 'Too many resources already created.'],
  noSuchWebhook: [404, 34, 'Webhook does not exist or is associated with a different twitter application.'],
  subscriptionNotPermitted: [401, 348, "Client application is not permitted to access this user's webhook subscriptions."],
  subscriptionExists: [409, 355, 'Subscription already exists.'],
} as const satisfies Record<string, XErrorEntry>;

export type XErrorName = keyof typeof X_ERRORS;

/** X says no. Thrown by the endpoints, written by the gateway. */
export class XRefusal extends Error {
  constructor(readonly entry: XErrorEntry) {
    super(`${entry[0]} ${entry[1]}: ${entry[2]}`);
  }
}

export function refuse(name: XErrorName): never {
  throw new XRefusal(X_ERRORS[name]);
}

/** 214 is X's answer to a value it cannot take; the text names the field. */
export function refuseValue(field: string, reason: string): never {
  throw new XRefusal([400, 214, `${field}: ${reason}`]);
}

export function refuseMissing(field: string): never {
  throw new XRefusal([403, 38, `${field} parameter is missing.`]);
}

export function errorAnswer([status, code, message]: XErrorEntry): Answer {
  return jsonAnswer(status, writeJson({ errors: [{ code, message }] }));
}
