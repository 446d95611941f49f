/** What changed, for whoever watches. */
export interface Change {
  type: 'message' | 'delivery' | 'webhook' | 'subscription' | 'relation' | 'account' | 'fault' | 'typing' | 'read' | 'ledger';
  brand?: string;
  participant?: string;
}

type Listener = (change: Change) => void;

export class ChangeFeed {
  private readonly listeners = new Set<Listener>();

  publish(change: Change): void {
    for (const listener of this.listeners) listener(change);
  }

  /** Returns what ends it. */
  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
