/** What teams are told of. */
export type TeamEventType = 'conversation.window-opened' | 'conversation.window-closed' | 'limit.low' | 'limit.reached';
