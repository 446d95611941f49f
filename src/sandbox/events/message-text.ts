import { createHash } from 'node:crypto';
import type { JsonValue } from '../wire/json-text.js';
import type { Account } from '../world/model.js';

export interface RenderedText {
  /** HTML-escaped, links replaced by their t.co form. */
  text: string;
  entities: {
    hashtags: JsonValue[];
    symbols: JsonValue[];
    user_mentions: JsonValue[];
    urls: JsonValue[];
  };
}

const LINK = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)]/g;
/** X cuts a shown link after the host and fifteen more characters. */
const SHOWN_PATH_LENGTH = 15;

/** What X makes of a text: escapes it, shortens its links and lists what it found. Indices count code points of the escaped text. */
export function renderText(text: string, seed: string, findAccount: (screenName: string) => Account | null): RenderedText {
  let rendered = '';
  let end = 0;
  const urls: JsonValue[] = [];
  for (const match of text.matchAll(LINK)) {
    rendered += escapeHtml(text.slice(end, match.index));
    const url = shortLink(`${seed}:${match.index}`);
    const start = lengthOf(rendered);
    rendered += url;
    urls.push({ url, expanded_url: match[0], display_url: shownLink(match[0]), indices: [start, start + lengthOf(url)] });
    end = match.index + match[0].length;
  }
  rendered += escapeHtml(text.slice(end));
  return { text: rendered, entities: { ...findTags(rendered, findAccount), urls } };
}

/** `https://t.co/` and ten letters or digits, the same for the same seed. */
export function shortLink(seed: string): string {
  const letters = createHash('sha256').update(seed).digest('base64').replace(/[^A-Za-z0-9]/g, '');
  return `https://t.co/${letters.slice(0, 10)}`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function lengthOf(text: string): number {
  return Array.from(text).length;
}

function findTags(text: string, findAccount: (screenName: string) => Account | null): Omit<RenderedText['entities'], 'urls'> {
  const spanOf = (match: RegExpExecArray): number[] => {
    const start = lengthOf(text.slice(0, match.index));
    return [start, start + lengthOf(match[0])];
  };
  const hashtags = [...text.matchAll(/(?<![\p{L}\p{N}_&/])#([\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*)/gu)];
  const symbols = [...text.matchAll(/(?<!\S)\$([A-Za-z]{1,6})(?![A-Za-z0-9])/gu)];
  const mentions = [...text.matchAll(/(?<![\p{L}\p{N}_@/])@(\w{1,20})/gu)];
  return {
    hashtags: hashtags.map((match) => ({ text: match[1], indices: spanOf(match) })),
    symbols: symbols.map((match) => ({ text: match[1], indices: spanOf(match) })),
    user_mentions: mentions.flatMap((match) => {
      const account = findAccount(match[1] ?? '');
      if (account === null) return [];
      const { screenName, name, id } = account;
      return [{ screen_name: screenName, name, id: BigInt(id), id_str: id, indices: spanOf(match) }];
    }),
  };
}

function shownLink(link: string): string {
  const bare = link.replace(/^https?:\/\/(www\.)?/, '');
  const slash = bare.indexOf('/');
  if (slash < 0) return bare;
  const shown = bare.slice(0, slash + 1 + SHOWN_PATH_LENGTH);
  return shown.length < bare.length ? `${shown}…` : bare;
}
