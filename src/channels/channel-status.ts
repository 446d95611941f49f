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

/** Those that were connected and that nobody ended. */
export const KEPT_ALIVE: readonly Connection[] = ['connected', 'degraded'];

/** Whether the subscription check looks after a channel, and what its webhook misses is read back. */
export function isToBeKeptAlive(connection: Connection): boolean {
  return KEPT_ALIVE.includes(connection);
}
