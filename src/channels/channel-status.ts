/**
 * How a channel stands with X. `pending` never connected · `connected` · `degraded` something is being repaired ·
 * `disconnected` by us · `revoked` the account withdrew access, or X refuses the tokens.
 */
export type Connection = 'pending' | 'connected' | 'degraded' | 'disconnected' | 'revoked';

/** What callers see: an operator's pause hides the rest. */
export type ChannelStatus = Connection | 'paused';

export function statusOf(channel: { connection: Connection; isPaused: boolean }): ChannelStatus {
  return channel.isPaused ? 'paused' : channel.connection;
}

/** Whether the subscription check looks after a channel: one that was connected and that nobody ended. */
export function isToBeKeptAlive(connection: Connection): boolean {
  return connection === 'connected' || connection === 'degraded';
}
