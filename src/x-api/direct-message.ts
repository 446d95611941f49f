import type { Instant } from '../kernel/clock.js';

/** A direct message as X tells of it, whichever generation does, made ours: exact ids, plain text. */
export interface XDirectMessage {
  /** A 64-bit number; of an encrypted message whatever X names it by. */
  xMessageId: string;
  createdAt: Instant;
  senderId: string;
  recipientId: string;
  /** The app that sent it; X tells it of messages that the subscribed account sent, in Account Activity and v1.1. */
  sourceAppId: string | null;
  /** HTML entities undone, a medium's own link taken off. */
  text: string;
  links: XLink[];
  media: XMedium | null;
  location: XLocation | null;
  /** What the chosen quick reply stands for. */
  quickReplyMetadata: string | null;
  /** What the message offers, where it offers any. */
  quickReplies?: XQuickReply[];
  buttons?: XButton[];
  /** It is one of X's encrypted chat: nobody but the two can read it, and X's rules for direct messages are not known to hold for it. */
  isEncrypted?: true;
}

export interface XQuickReply {
  label: string;
  description?: string | undefined;
  /** Comes back with the answer of whom chooses it. */
  metadata?: string | undefined;
}

export interface XButton {
  label: string;
  url: string;
}

export interface XLink {
  url: string;
  expandedUrl: string;
}

export interface XMedium {
  id: string;
  kind: 'photo' | 'animated_gif' | 'video';
  /** A photo's address wants a signed request; a video's best variant does not. */
  url: string;
}

/** A point on the map, or a place of X's, of which X tells what it calls it. */
export interface XLocation {
  longitude?: number;
  latitude?: number;
  place?: XPlace;
}

export interface XPlace {
  id: string;
  name: string | null;
  fullName: string | null;
  country: string | null;
}

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

/** X escapes these three. Undone in one pass, so that a person's own `&lt;` (sent as `&amp;lt;`) stays what they wrote. */
export function unescapeHtml(text: string): string {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity);
}
