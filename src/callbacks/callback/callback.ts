import type { Instant } from '../../kernel/clock.js';

/** Where a team wants to be told, and of what. */
export interface Callback {
  id: string;
  team: string;
  url: string;
  events: readonly string[];
  /** Null: of all the team's channels. */
  channelIds: readonly string[] | null;
  pausedUntil: Instant | null;
}

/** One that names channels hears of nothing that is of no channel. */
export function wants({ team, events, channelIds }: Pick<Callback, 'team' | 'events' | 'channelIds'>, event: { team: string; type: string; channelId: string | null }): boolean {
  return (
    team === event.team &&
    (events.includes('*') || events.includes(event.type)) &&
    (channelIds === null || (event.channelId !== null && channelIds.includes(event.channelId)))
  );
}
