import { TEAM_EVENT_TYPES, type TeamEventType, TEST_EVENT } from './team-event-type.js';

export type Schema = Record<string, unknown>;

const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** What `data` is in an event of each type, as REST shows it. */
const DATA: Readonly<Record<TeamEventType, { about: string; schema: Schema }>> = {
  'message.received': { about: 'A participant wrote. `data.recovered` tells one that was read back from X’s history.', schema: reference('Message') },
  'message.sent': { about: 'X took a message; also one that was typed in an app of X (`data.source` is `elsewhere`).', schema: reference('Message') },
  'message.read': { about: 'The participant has read a message.', schema: reference('Message') },
  'message.failed': { about: 'X definitely did not take a message; `data.failure` says why.', schema: reference('Message') },
  'message.unknown': { about: 'X may or may not have taken a message, and looking for it has not told. It may still turn out to be sent or failed.', schema: reference('Message') },
  'message.held': { about: 'A message waits; `data.heldBecause` says for what.', schema: reference('Message') },
  'message.expired': { about: 'A message was not sent in time.', schema: reference('Message') },
  'conversation.window-opened': { about: 'An inbound message has opened a reply window.', schema: reference('Conversation') },
  'conversation.window-closed': { about: 'A reply window is over.', schema: reference('Conversation') },
  'participant.typing': { about: 'The participant is typing.', schema: reference('Conversation') },
  'channel.connected': { about: 'The channel hears X again.', schema: reference('Channel') },
  'channel.degraded': { about: 'Something of the channel is being repaired; `data.statusDetail` says what.', schema: reference('Channel') },
  'channel.revoked': { about: 'X does not let the channel act any more; `data.statusDetail` says why.', schema: reference('Channel') },
  'limit.low': { about: 'Little is left of one of X’s limits.', schema: limitSchema() },
  'limit.reached': { about: 'One of X’s limits is used up; what counts towards it is held.', schema: limitSchema() },
  'callback.disabled': { about: 'A callback of the team was switched off; `data.disabledReason` says why.', schema: reference('Callback') },
};

function limitSchema(): Schema {
  return { type: 'object', required: ['profile', 'limit'], properties: { profile: { type: 'string' }, limit: { type: 'object' } } };
}

/** The headers of a call to a receiver, by Standard Webhooks. For OpenAPI and AsyncAPI alike. */
export const SIGNATURE_HEADERS: Readonly<Record<string, string>> = {
  'webhook-id': 'The event’s id, the same in each repetition.',
  'webhook-timestamp': 'When the call was made, in seconds since 1970.',
  'webhook-signature': '`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; several with a space between while a secret is being replaced.',
};

/** Of every type: its name, what it tells and the schema of its body. For OpenAPI and AsyncAPI alike. */
export function listEventSchemas(): { type: string; about: string; schema: Schema }[] {
  const test = { type: TEST_EVENT, about: 'Somebody tries the callback.', schema: { type: 'object' } };
  const all = [...TEAM_EVENT_TYPES.map((type) => ({ type, ...DATA[type] })), test];
  return all.map(({ type, about, schema }) => ({
    type,
    about,
    schema: {
      type: 'object',
      required: ['id', 'type', 'occurredAt', 'sequence', 'channelId', 'data'],
      properties: {
        id: { type: 'string', description: 'The same in every repetition, and the `webhook-id` of the call.' },
        type: { const: type },
        occurredAt: { type: 'string', format: 'date-time' },
        sequence: { type: ['integer', 'null'], description: 'The number of the event in its conversation, from 1 and without a gap.' },
        channelId: { type: ['string', 'null'] },
        data: schema,
      },
    },
  }));
}
