/** What teams are told of. */
export type TeamEventType =
  | 'channel.connected' | 'channel.degraded' | 'channel.revoked'
  | 'message.unknown'
  | 'conversation.window-opened' | 'conversation.window-closed' | 'limit.low' | 'limit.reached';
