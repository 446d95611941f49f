/** What teams can be told of. `callback.disabled` and `callback.test` are of callbacks themselves, and of no channel. */
export const TEAM_EVENT_TYPES = [
  'message.received',
  'message.sent',
  'message.read',
  'message.failed',
  'message.unknown',
  'message.held',
  'message.expired',
  'conversation.window-opened',
  'conversation.window-closed',
  'participant.typing',
  'channel.connected',
  'channel.degraded',
  'channel.revoked',
  'limit.low',
  'limit.reached',
  'callback.disabled',
] as const;

export type TeamEventType = (typeof TEAM_EVENT_TYPES)[number];

/** Sent when a team tries its callback; nothing subscribes to it. */
export const TEST_EVENT = 'callback.test';

/** Stands in the place of an event whose person was erased, so that readers who stopped there can go on. Nobody is told of it. */
export const ERASED_EVENT = 'erased';
