/** What X says of an account and somebody it may want to write to. */
export interface XRelationship {
  /** The generation that answered. */
  api: 'v1.1' | 'v2';
  /** X lets the account start a conversation: the person follows it, or receives messages from anyone, and neither blocks the other. */
  canStart: boolean;
}
