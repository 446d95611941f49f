import type { Scope } from './scopes.js';

/** Who a request speaks for, once its key was found right. */
export interface Caller {
  keyId: string;
  /** The owner of what the caller makes and the only one whose things it sees. */
  team: string;
  scopes: readonly Scope[];
}

/** The team of the bootstrap key and of channels declared in the configuration without another. */
export const DEFAULT_TEAM = 'default';
