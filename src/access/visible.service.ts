import { type FindOperator, In } from 'typeorm';
import type { Viewer } from './caller.js';

/** The condition under which rows of a room are a viewer's; every look at what teams own begins with it. */
export function visibleTo({ team, channelIds }: Viewer): { team: string; channelId?: FindOperator<string> } {
  return { team, ...(channelIds === null ? {} : { channelId: In([...channelIds]) }) };
}
