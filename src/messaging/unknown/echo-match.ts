import type { Instant } from '../../kernel/clock.js';
import { MINUTE_MS } from '../../kernel/duration.js';

/** X's clock and ours may differ by this much. */
export const CLOCK_SKEW_MS = 2 * MINUTE_MS;
/** X takes what it takes within this time after we handed it over; an echo that it dates later belongs to something else. */
export const TAKEN_WITHIN_MS = 10 * MINUTE_MS;

/** A message of which we do not know whether X took it, in the conversation of the echo. */
export interface UnsettledSend {
  messageId: string;
  text: string;
  /** When it was handed to X. */
  startedAt: Instant;
}

/** A message that X tells that the channel's account sent. */
export interface Echo {
  text: string;
  createdAt: Instant;
  sourceAppId: string | null;
  links: readonly { url: string; expandedUrl: string }[];
}

/**
 * Which of our messages an echo is: one that our app sent, with the same text, at the right time. Null when it is none of them, and also
 * when it could be more than one, or when nothing tells our app from a person who types the same words: a wrong guess would call
 * a message sent that nobody got.
 */
export function matchEcho(echo: Echo, appId: string | null, unsettled: readonly UnsettledSend[]): string | null {
  if (appId === null || echo.sourceAppId !== appId) {
    return null;
  }
  const words = toComparable(expandLinks(echo));
  const fitting = unsettled.filter(
    (send) =>
      echo.createdAt >= send.startedAt - CLOCK_SKEW_MS &&
      echo.createdAt <= send.startedAt + TAKEN_WITHIN_MS &&
      toComparable(send.text) === words,
  );
  const [only] = fitting;
  return only === undefined || fitting.length > 1 ? null : only.messageId;
}

/** The echo has short links in place of the text's; what they lead to tells two messages apart that differ in a link alone. */
function expandLinks({ text, links }: Echo): string {
  return links.reduce((expanded, { url, expandedUrl }) => expanded.replaceAll(url, () => expandedUrl), text);
}

const SCHEME = /https?:\/\//gi;
/** X puts a scheme before a host name and a slash behind one, and host names have no capitals. What only looks like one loses them too. */
const HOST = /(?<![\p{L}\p{N}_/.@=?&%#-])[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
const ENDING_SLASH = /\/(?=[?#]|[.,;:!)"]*(?:\s|$))/g;

/** What is the same for a text and for what X makes of it. X composes characters its own way; PostgreSQL's text holds no NUL. */
function toComparable(text: string): string {
  return text
    .replaceAll('\u0000', '')
    .normalize('NFC')
    .replace(SCHEME, '')
    .replace(HOST, (host) => host.toLowerCase())
    .replace(ENDING_SLASH, '')
    .replace(/\s+/gu, ' ')
    .trim();
}
