import type { XButton, XDirectMessage, XLocation, XQuickReply } from '../../x-api/direct-message.js';
import { MAX_TEXT_CHARACTERS, splitText } from './long-text.js';

/** What a message says, in both directions. Kept as it is answered. */
export interface MessageContent {
  /** `encrypted`: one of X's encrypted chat, of which nothing can be read. */
  type: 'text' | 'media' | 'encrypted';
  text: string;
  /** Inbound: the chosen quick reply. */
  quickReply?: { metadata: string };
  /** Outbound: what the participant can choose from. */
  quickReplies?: XQuickReply[] | undefined;
  /** Outbound: links shown as buttons. */
  buttons?: XButton[] | undefined;
  /** An upload of ours (`med_…`), or what X has: its own id and address, which callers see as ours (`toShownContent`). */
  media?: { id: string; kind: 'photo' | 'animated_gif' | 'video'; url: string; size?: number; contentType?: string };
  location?: XLocation;
  /** The links in the text, with what they lead to. */
  links?: { url: string; expandedUrl: string }[];
}

export function toContent(message: XDirectMessage): MessageContent {
  return {
    type: message.isEncrypted === true ? 'encrypted' : message.media === null ? 'text' : 'media',
    text: message.text,
    ...(message.quickReplyMetadata === null ? {} : { quickReply: { metadata: message.quickReplyMetadata } }),
    ...(message.quickReplies === undefined ? {} : { quickReplies: message.quickReplies }),
    ...(message.buttons === undefined ? {} : { buttons: message.buttons }),
    ...(message.media === null ? {} : { media: message.media }),
    ...(message.location === null ? {} : { location: message.location }),
    ...(message.links.length === 0 ? {} : { links: message.links }),
  };
}

/** The contents of the messages that a send becomes: one, or several where its text is to be split. What is offered to press goes with the last. */
export function toContents({ content, splitLongText }: { content: MessageContent; splitLongText?: boolean | undefined }): [MessageContent, ...MessageContent[]] {
  const texts = splitLongText === true ? splitText(content.text, MAX_TEXT_CHARACTERS) : [content.text];
  const last = { ...content, text: texts.at(-1) ?? '' };
  const [first, ...others] = [...texts.slice(0, -1).map((text): MessageContent => ({ type: 'text', text })), last];
  return [first ?? last, ...others];
}

// X makes links of bare host names too. What only looks like one is the same in the echo, so taking too much does no harm.
const LINK = /(?:https?:\/\/|(?<![a-z0-9])[a-z0-9][a-z0-9-]{0,62}\.[a-z])\S*/giu;

/**
 * The same for a text and for X's echo of it: X shortens links, and composes characters its own way.
 * Without NUL, which PostgreSQL's text does not hold.
 */
export function normaliseForEcho(text: string): string {
  return text.replaceAll('\u0000', '').normalize('NFC').replace(LINK, '<link>').replace(/\s+/gu, ' ').trim();
}
