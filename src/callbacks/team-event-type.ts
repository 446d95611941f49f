/** What teams are told of. */
export type TeamEventType =
  | 'message.unknown'
  | 'conversation.window-opened' | 'conversation.window-closed' | 'limit.low' | 'limit.reached';
