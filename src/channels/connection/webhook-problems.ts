import { Problem } from '../../kernel/problem.js';
import type { XEnvironment, XWebhook } from '../../x-api/events-api.js';

/** X does not list the label, or refused it; `refusal` is what X said to it. */
export function environmentNotFound(wanted: string, listed: readonly XEnvironment[], refusal?: Problem): Problem {
  const names = listed.map(({ name }) => name);
  const meant = names.find((name) => name.toLowerCase() === wanted.toLowerCase());
  const known = names.length === 0 ? 'It lists none.' : `It lists ${names.map((name) => `“${name}”`).join(', ')}.`;
  return new Problem('channel.environment-not-found', `X has no dev environment with the label “${wanted}” for this app. ${known}`, {
    remedy:
      meant === undefined
        ? 'Copy the label from “Dev environments” in the developer portal, with its capitals, and make the channel anew with it as `environmentName`.'
        : `Capitals count: make the channel anew with the \`environmentName\` “${meant}”.`,
    ...(refusal?.extras.x === undefined ? {} : { x: refusal.extras.x, cause: refusal.extras.cause }),
  });
}

export function occupied(environmentName: string, foreign: XWebhook): Problem {
  return new Problem('channel.webhook-occupied', `The environment “${environmentName}” has its only webhook already: ${foreign.url}.`, {
    remedy: 'Connect with {"takeOver": true} to remove it; whatever it serves goes silent. Or make another dev environment at X.',
    members: { webhookUrl: foreign.url },
  });
}

/** Of generations without environments, where an app has so many webhooks in all. */
export function occupiedApp(foreignUrls: readonly string[], refusal: Problem): Problem {
  return new Problem('channel.webhook-occupied', `The app has all the webhooks that X gives it already: ${foreignUrls.join(', ')}.`, {
    remedy:
      foreignUrls.length === 1
        ? 'Connect with {"takeOver": true} to remove it; whatever it serves goes silent. Or ask X for a larger tier.'
        : 'Remove one of them at X, or ask X for a larger tier.',
    members: { webhookUrl: foreignUrls[0] ?? '' },
    ...(refusal.extras.x === undefined ? {} : { x: refusal.extras.x, cause: refusal.extras.cause }),
  });
}

export function movedWebhook(old: XWebhook): Problem {
  return new Problem('channel.webhook-unreachable', `X still calls ${old.url}, which was the address of this service before.`, {
    remedy: 'Nothing to do: the webhook is made anew with the new address, and every account is subscribed again.',
  });
}

export function notConnected(): Problem {
  return new Problem('channel.not-connected', 'X has no webhook with the address of this service.', { remedy: 'Connect the channel: POST /v1/channels/{id}/connect.' });
}

export function notSubscribed(): Problem {
  return new Problem('channel.not-connected', 'X tells nothing of this account: it is not subscribed.', { remedy: 'Connect the channel: POST /v1/channels/{id}/connect.' });
}

export function webhookInvalid(): Problem {
  return new Problem('channel.webhook-invalid', 'X holds the webhook for invalid and sends it nothing.', {
    remedy: 'Run the channel’s checks: X then challenges the webhook again.',
  });
}

export function subscriptionsUsedUp(refusal: Problem): Problem {
  return new Problem('channel.subscriptions-used-up', 'The app has all the subscriptions that X gives it.', {
    remedy: 'Disconnect a channel of the same app, or ask X for a larger tier.',
    ...(refusal.extras.x === undefined ? {} : { x: refusal.extras.x }),
    cause: refusal.extras.cause,
  });
}

export function publicUrlMissing(): Problem {
  return new Problem('channel.public-url-missing', 'The service does not know the address under which X reaches it.', {
    remedy: 'Set PUBLIC_URL to the https address under which X reaches this service, then restart it.',
  });
}

/** Of checks that would only repeat what another one has said. */
export function notAsked(because: Problem): Problem {
  return new Problem(because.code, `Not asked: ${because.detail}`, { remedy: because.extras.remedy ?? 'See the check before it.' });
}
