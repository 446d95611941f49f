import type { Instant } from '../kernel/clock.js';
import type { XButton, XQuickReply } from './direct-message.js';
import type { XLimit } from './x-limits.js';
import type { XCredentials } from './x-credentials.js';

/** X took the message: its id there and X's own time for it. */
export interface SentMessage {
  xMessageId: string;
  createdAt: Instant;
  /** What X said of its limits with it; nothing in an echo. */
  limits: readonly XLimit[];
}

/** What a message offers to press, where the generation has it. */
export interface XChoices {
  quickReplies?: readonly XQuickReply[] | undefined;
  buttons?: readonly XButton[] | undefined;
}

/** What goes with the text. */
export interface XAttachments extends XChoices {
  /** X's id of an upload. */
  xMediaId?: string | null | undefined;
}

/** What we ask of one generation of X's direct messages. Every call throws `XFailure` and is made once: nothing here tries again. */
export abstract class MessagesApi {
  /** `isInTime` is asked right before the request is made: false gives it up as `not-sent`. */
  abstract sendText(credentials: XCredentials, participantId: string, text: string, isInTime?: () => boolean, attached?: XAttachments): Promise<SentMessage>;
}
