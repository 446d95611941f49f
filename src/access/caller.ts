import { Problem } from '../kernel/problem.js';
import type { Scope } from './scopes.js';

/** Whose things are seen. */
export interface Viewer {
  /** The owner of what the caller makes and the only one whose things it sees. */
  team: string;
  /** Only what concerns these channels of the team; null: all of them, and what is of none. */
  channelIds: readonly string[] | null;
}

/** Who a request speaks for, once its key was found right. */
export interface Caller extends Viewer {
  keyId: string;
  scopes: readonly Scope[];
}

/** The team of the bootstrap key and of channels declared in the configuration without another. */
export const DEFAULT_TEAM = 'default';

/** Everything that is a team's. */
export const ofTeam = (team: string): Viewer => ({ team, channelIds: null });

export function seesChannel({ channelIds }: Viewer, channelId: string): boolean {
  return channelIds === null || channelIds.includes(channelId);
}

/** Whose answers a kept one is for: a key that is limited does not get what another one was answered. */
export function idempotencySpaceOf({ team, channelIds, keyId }: Caller): string {
  return channelIds === null ? team : `${team} ${keyId}`;
}

/** A new channel would be none of those that a limited key sees. @throws Problem `access.channel-limited` */
export function assertMakesChannels({ channelIds }: Viewer): void {
  if (channelIds !== null) {
    throw new Problem('access.channel-limited', 'This key is limited to some channels, and makes no other.');
  }
}
