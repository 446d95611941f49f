import { Problem } from '../kernel/problem.js';
import type { ProblemCode } from '../kernel/problem-code.js';
import { isPaymentRequired, XFailure } from '../x-api/x-failure.js';

interface Meaning {
  code: ProblemCode;
  /** What happened. */
  detail: string;
  /** What to do about it, with the setting's name at X. */
  remedy: string;
}

/** Of tokens that do not permit direct messages. */
export const PERMISSION_REMEDY =
  'In the developer portal set the app’s permissions (“User authentication settings”) to “Read, write and Direct Messages”, then generate the access token anew: it keeps the permissions of the day it was made.';

const BY_X_CODE: Readonly<Record<number, Meaning>> = {
  32: { code: 'channel.credentials-rejected', detail: 'X could not authenticate.', remedy: 'Check the consumer key and secret and the access token and secret under “Keys and tokens”: all four of the same app.' },
  64: { code: 'channel.credentials-rejected', detail: 'X has suspended this account.', remedy: 'Log in at x.com as the account and appeal, then run the channel’s checks.' },
  87: { code: 'channel.access-level-insufficient', detail: 'This app may not make the call.', remedy: 'Check the app’s access level in the developer portal.' },
  89: { code: 'channel.credentials-rejected', detail: 'The access token is invalid or was revoked.', remedy: 'Generate a new one under “Keys and tokens”, or sign in again, and give it to the channel.' },
  93: { code: 'channel.direct-messages-not-permitted', detail: 'The access token does not permit direct messages.', remedy: PERMISSION_REMEDY },
  99: { code: 'channel.credentials-rejected', detail: 'X refuses the consumer key and secret.', remedy: 'Check both under “Keys and tokens”.' },
  135: { code: 'x.unexpected-answer', detail: 'X finds the time of the request wrong.', remedy: 'Set this machine’s clock (NTP).' },
  215: { code: 'channel.credentials-rejected', detail: 'X finds the credentials malformed.', remedy: 'Copy all four anew from “Keys and tokens”.' },
  220: { code: 'channel.access-level-insufficient', detail: 'These credentials may not use this part of X’s API.', remedy: 'Check the app’s access level in the developer portal.' },
  261: { code: 'channel.direct-messages-not-permitted', detail: 'The app may only read.', remedy: PERMISSION_REMEDY },
  326: { code: 'channel.credentials-rejected', detail: 'X has locked this account.', remedy: 'Log in at x.com as the account and unlock it, then run the channel’s checks.' },
  348: { code: 'channel.subscription-not-permitted', detail: 'The app may not subscribe this account.', remedy: 'Generate the access token with this very app, with the permission “Read, write and Direct Messages”.' },
  415: { code: 'channel.callback-url-rejected', detail: 'X does not send people back to this service.', remedy: 'In the developer portal, under “User authentication settings”, add PUBLIC_URL followed by /v1/channels/authorizations/callback as “Callback URI / Redirect URL”.' },
  416: { code: 'channel.credentials-rejected', detail: 'X has suspended the app.', remedy: 'Look at the app’s page in the developer portal: it says why and how to appeal.' },
  453: { code: 'channel.access-level-insufficient', detail: 'The app’s access level does not include Account Activity.', remedy: 'X has to enable Account Activity for the app: ask for it in the developer portal under “Products”.' },
};

// X says 214 for many things; the message tells them apart.
const BY_214_MESSAGE: readonly { starts: string; meaning: Meaning }[] = [
  { starts: 'High latency on CRC', meaning: { code: 'channel.webhook-too-slow', detail: 'X waits 3 seconds for the answer to its challenge, and ours came later.', remedy: 'Look at the proxy between X and this service, and at how busy the machine is.' } },
  { starts: 'Non-200 response code', meaning: { code: 'channel.webhook-unreachable', detail: 'X called the webhook and did not get 200.', remedy: 'PUBLIC_URL has to lead from the internet to this service, with a valid certificate and without a redirect.' } },
  { starts: 'Webhook URL does not meet the requirements. Invalid CRC', meaning: { code: 'channel.webhook-crc-rejected', detail: 'X reached the address, but the answer was not signed with this app’s consumer secret.', remedy: 'Check the consumer secret (API key secret), and that PUBLIC_URL leads to this service and to no other.' } },
  { starts: 'Too many resources', meaning: { code: 'channel.webhook-occupied', detail: 'The environment has its webhook, or all its subscriptions, already.', remedy: 'Take away what the app does not need any more, or ask X for a larger tier.' } },
  { starts: 'Webhook URL does not meet', meaning: { code: 'channel.webhook-url-rejected', detail: 'X does not take the webhook’s address.', remedy: 'PUBLIC_URL must be a public https address without a port.' } },
];

// v2 begins what it says with a name of the reason.
const BY_REASON: readonly { starts: string; meaning: Meaning }[] = [
  { starts: 'CrcValidationFailed', meaning: { code: 'channel.webhook-crc-rejected', detail: 'X has challenged the webhook and did not take its answer.', remedy: 'Check the consumer secret (API key secret), not the client secret of OAuth 2.0, and that PUBLIC_URL leads to this service, with a valid certificate and without a redirect.' } },
  { starts: 'UrlValidationFailed', meaning: { code: 'channel.webhook-url-rejected', detail: 'X does not take the webhook’s address.', remedy: 'PUBLIC_URL must be a public https address without a port.' } },
  { starts: 'WebhookLimitExceeded', meaning: { code: 'channel.webhook-occupied', detail: 'The app has all the webhooks that X gives it already.', remedy: 'Take away what the app does not need any more, or ask X for a larger tier.' } },
  { starts: 'DuplicateUrlFailed', meaning: { code: 'channel.webhook-occupied', detail: 'X calls this address already, for another app of yours.', remedy: 'Take that webhook away at X.' } },
  { starts: 'SubscriptionLimitExceeded', meaning: { code: 'channel.subscriptions-used-up', detail: 'The app has all the subscriptions that X gives it.', remedy: 'Disconnect a channel of the same app, or ask X for a larger tier.' } },
];

const AWAY: Meaning = {
  code: 'x.unavailable',
  detail: 'X could not be reached or did not answer.',
  remedy: 'Trying again is safe; do so shortly. The channel’s check does it by itself.',
};

/** What a failed call to X means to the person who asked for it, with X's own code. Anything but an `XFailure` comes back as it is. */
export function toXProblem(error: unknown): unknown {
  if (!(error instanceof XFailure)) {
    return error;
  }
  const { answer } = error;
  if (error.kind !== 'answered' || (answer.status !== null && answer.status >= 500)) {
    return problemOf(AWAY, error);
  }
  if (answer.status === 429 || answer.code === 88) {
    return rateLimited(error);
  }
  if (isPaymentRequired(error)) {
    return creditsDepleted(error);
  }
  const meaning = answer.code === 214 ? meaningOf214(answer.detail) : answer.code === null ? BY_REASON.find(({ starts }) => error.hasReason(starts))?.meaning : BY_X_CODE[answer.code];
  if (meaning !== undefined) {
    return problemOf(meaning, error);
  }
  if (answer.status === 401) {
    return problemOf({ code: 'channel.credentials-rejected', detail: 'X refuses the credentials.', remedy: 'Check all four under “Keys and tokens”.' }, error);
  }
  return new Problem('x.unexpected-answer', `X refused the call: ${answer.detail}`, { x: answer, cause: error });
}

/** X takes no paid calls until somebody pays. `cause` is null where X said so before. */
export function creditsDepleted(cause: XFailure | null): Problem {
  return new Problem('channel.credits-depleted', 'X takes no paid calls of this app: its credits are used up.', {
    remedy: 'Buy credits in the developer console, under “Billing”. What waits goes out by itself within 10 minutes; running the channel’s checks makes it try at once.',
    ...(cause === null ? {} : { x: cause.answer, cause }),
  });
}

/** X's limit for a call is used up: by its own word, or by our count of calls that it lets us make seldom. */
export function rateLimited(cause?: XFailure): Problem {
  return new Problem('x.rate-limited', 'X’s limit for this call is used up.', {
    remedy: 'Try again when it is reset, within 15 minutes.',
    retryAfterMs: 15 * 60_000,
    ...(cause === undefined ? {} : { x: cause.answer, cause }),
  });
}

function problemOf({ code, detail, remedy }: Meaning, cause: XFailure): Problem {
  return new Problem(code, detail, { remedy, x: cause.answer, cause });
}

function meaningOf214(message: string): Meaning | undefined {
  return BY_214_MESSAGE.find(({ starts }) => message.startsWith(starts))?.meaning;
}
