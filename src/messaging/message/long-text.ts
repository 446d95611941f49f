/** X's limit for a text, in characters as people count them (code points). Whether X counts links as their short form in it is not documented. */
export const MAX_TEXT_CHARACTERS = 10_000;
/** Most of a text that is to be split: at most ten messages, as each is more than half of what fits. */
export const MAX_LONG_TEXT_CHARACTERS = 50_000;

/** Where a text is cut: the later in the list, the less it reads like an end. */
const CUTS: readonly { ends: RegExp; isBefore: boolean }[] = [
  { ends: /\n[^\S\n]*\n/g, isBefore: true },
  { ends: /\n/g, isBefore: true },
  { ends: /[.!?…؟۔।]["'”’»)\]]*(?=\s)|[。！？](?![\p{M}\u200d])/gu, isBefore: false },
  { ends: /\s/g, isBefore: true },
];
/** The longest emoji are a third of it; what is longer than a message is cut anyhow. */
const LOOK_AHEAD = 100;
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The text in pieces of at most `max` code points, each but the last more than half of that: cut between paragraphs, else lines, sentences, words, else
 * between what people see as characters. Space at a cut and at both ends is left out. A text that fits is left as it is.
 */
export function splitText(text: string, max: number): string[] {
  if (lengthOf(text) <= max) {
    return [text];
  }
  const parts: string[] = [];
  let rest = text.trim();
  while (lengthOf(rest) > max) {
    const at = findCut(rest, unitsOf(rest, max / 2), unitsOf(rest, max));
    parts.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...parts, rest];
}

/** The best place behind `least` and up to `most`, in UTF-16 units. */
function findCut(text: string, least: number, most: number): number {
  // With what follows: it tells whether a word ends just there.
  const window = text.slice(0, most + 1);
  for (const { ends, isBefore } of CUTS) {
    const places = [...window.matchAll(ends)].map((match) => match.index + (isBefore ? 0 : match[0].length));
    const last = places.findLast((place) => place > least && place <= most);
    if (last !== undefined) {
      return last;
    }
  }
  const start = GRAPHEMES.segment(text.slice(0, most + LOOK_AHEAD)).containing(most)?.index ?? most;
  return start > least ? start : most;
}

/** How many UTF-16 units so many code points take. */
function unitsOf(text: string, points: number): number {
  return Array.from(text).slice(0, points).join('').length;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}
