import { Problem } from '../kernel/problem.js';
import type { ProblemCode } from '../kernel/problem-code.js';
import { XFailure } from '../x-api/x-failure.js';

interface Meaning {
  code: ProblemCode;
  /** What happened and what to do about it at X. */
  detail: string;
}

const BY_X_CODE: Readonly<Record<number, Meaning>> = {
  32: { code: 'channel.credentials-rejected', detail: 'X could not authenticate: check the consumer key and secret and the access token and secret, all four of the same app.' },
  64: { code: 'channel.credentials-rejected', detail: 'X has suspended this account.' },
  87: { code: 'channel.access-level-insufficient', detail: 'This app may not make the call: check its access level in the developer portal.' },
  89: { code: 'channel.credentials-rejected', detail: 'The access token is invalid or was revoked: generate a new one under “Keys and tokens”.' },
  93: { code: 'channel.direct-messages-not-permitted', detail: 'Set the app’s permissions to “Read, write and Direct Messages”, then generate the access token anew: it keeps the permissions of the day it was made.' },
  99: { code: 'channel.credentials-rejected', detail: 'X refuses the consumer key and secret: check both.' },
  135: { code: 'x.unexpected-answer', detail: 'X finds the time of the request wrong: set this machine’s clock.' },
  215: { code: 'channel.credentials-rejected', detail: 'X finds the credentials malformed: copy all four anew.' },
  220: { code: 'channel.access-level-insufficient', detail: 'These credentials may not use this part of X’s API.' },
  261: { code: 'channel.direct-messages-not-permitted', detail: 'The app may only read: set its permissions to “Read, write and Direct Messages”, then generate the access token anew.' },
  326: { code: 'channel.credentials-rejected', detail: 'X has locked this account: log in at x.com and unlock it.' },
  348: { code: 'channel.subscription-not-permitted', detail: 'The app may not subscribe this account: generate the access token with this very app.' },
  453: { code: 'channel.access-level-insufficient', detail: 'The app’s access level does not include Account Activity: X has to enable it for the app.' },
};

// X says 214 for many things; the message tells them apart.
const BY_214_MESSAGE: readonly { starts: string; meaning: Meaning }[] = [
  { starts: 'High latency on CRC', meaning: { code: 'channel.webhook-too-slow', detail: 'X waits 3 seconds for the answer to its challenge, and ours came later: look at the proxy between X and this service.' } },
  { starts: 'Non-200 response code', meaning: { code: 'channel.webhook-unreachable', detail: 'X called the webhook and did not get 200: the address has to lead from the internet to this service, without a redirect.' } },
  { starts: 'Webhook URL does not meet the requirements. Invalid CRC', meaning: { code: 'channel.webhook-crc-rejected', detail: 'X reached the address, but the answer was not signed with this app’s consumer secret: the secret is wrong, or the address leads elsewhere.' } },
  { starts: 'Too many resources', meaning: { code: 'channel.webhook-occupied', detail: 'The environment has its webhook already.' } },
  { starts: 'Webhook URL does not meet', meaning: { code: 'channel.webhook-url-rejected', detail: 'X wants a public https address without a port: check PUBLIC_URL.' } },
];

/** What a failed call to X means to the person who asked for it, with X's own code. Anything but an `XFailure` comes back as it is. */
export function toXProblem(error: unknown): unknown {
  if (!(error instanceof XFailure)) {
    return error;
  }
  const { answer } = error;
  if (error.kind !== 'answered' || (answer.status !== null && answer.status >= 500)) {
    return new Problem('x.unavailable', 'X could not be reached or did not answer. Trying again is safe; do so shortly.', { x: answer, cause: error });
  }
  if (answer.status === 429 || answer.code === 88) {
    return new Problem('x.rate-limited', 'X’s limit for this call is used up. Try again when it is reset.', { x: answer, retryAfterMs: 15 * 60_000, cause: error });
  }
  const meaning = answer.code === 214 ? meaningOf214(answer.detail) : BY_X_CODE[answer.code ?? -1];
  if (meaning !== undefined) {
    return new Problem(meaning.code, meaning.detail, { x: answer, cause: error });
  }
  if (answer.status === 401) {
    return new Problem('channel.credentials-rejected', 'X refuses the credentials: check all four.', { x: answer, cause: error });
  }
  return new Problem('x.unexpected-answer', `X refused the call: ${answer.detail}`, { x: answer, cause: error });
}

function meaningOf214(message: string): Meaning | undefined {
  return BY_214_MESSAGE.find(({ starts }) => message.startsWith(starts))?.meaning;
}
