import fc from 'fast-check';
import { MAX_LONG_TEXT_CHARACTERS, MAX_TEXT_CHARACTERS, splitText } from './long-text.js';

const lengthOf = (text: string): number => Array.from(text).length;
const graphemesOf = (text: string): string[] => [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment);
const withoutSpace = (text: string): string => text.replace(/\s/gu, '');

describe('A text that is longer than X takes', () => {
  it.each([
    ['that fits', '  just right ', 20, ['  just right ']],
    ['between paragraphs', 'One two. Three.\n\nFour five. Six', 22, ['One two. Three.', 'Four five. Six']],
    ['between paragraphs of another system', 'One two. Three.\r\n \r\nFour five. Six', 22, ['One two. Three.', 'Four five. Six']],
    ['between lines, where no paragraph ends in its second half', 'a\n\nOne two. Three\nFour. five', 22, ['a\n\nOne two. Three', 'Four. five']],
    ['between sentences', 'One two three. Four "five." Six seven', 30, ['One two three. Four "five."', 'Six seven']],
    ['between sentences without spaces', '一二三四五。六七八九十', 8, ['一二三四五。', '六七八九十']],
    ['between words', 'one two three four five', 12, ['one two', 'three four', 'five']],
    ['where a word ends just at the limit', 'one two three', 7, ['one two', 'three']],
    ['where a sentence ends just at the limit', 'One two. Three', 8, ['One two.', 'Three']],
    ['not within a link', 'look at this page, please: https://e.com/a.b?c', 40, ['look at this page, please:', 'https://e.com/a.b?c']],
    ['within a word that is longer than half', 'a bcdefghijklmnopq', 10, ['a bcdefghi', 'jklmnopq']],
    ['not within a family', `aaaaaa${'👨‍👩‍👧‍👦'.repeat(2)}`, 16, [`aaaaaa👨‍👩‍👧‍👦`, '👨‍👩‍👧‍👦']],
    ['not within a letter with its marks', 'abcde\u0301\u0302fg', 6, ['abcd', 'e\u0301\u0302fg']],
    ['not within a flag', 'aaa🇸🇦🇯🇴', 4, ['aaa', '🇸🇦🇯🇴']],
    ['in what is no character by itself, when it alone is too long', `e${'\u0301'.repeat(14)}`, 10, [`e${'\u0301'.repeat(9)}`, '\u0301'.repeat(5)]],
    ['of blanks at its ends', `   ${'a'.repeat(8)}   ${' '.repeat(20)}`, 10, ['a'.repeat(8)]],
  ])('is cut: %s', (_where, text, max, parts) => {
    expect(splitText(text, max)).toEqual(parts);
  });

  const words = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom('\n\n', '\n', ' ', 'Yes. ', '。', '👨‍👩‍👧‍👦', '🇸🇦', 'e\u0301\u0302', '🙏🏽', 'https://example.com/a', '\u0644\u0627'),
  );
  const texts = fc.array(words, { maxLength: 60 }).map((parts) => parts.join(''));

  it('loses nothing but space, and no part is blank, too long or begins within a character', () => {
    fc.assert(
      fc.property(texts.filter((text) => /\S/.test(text)), fc.integer({ min: 30, max: 80 }), (text, max) => {
        const parts = splitText(text, max);
        expect(withoutSpace(parts.join(''))).toBe(withoutSpace(text));
        const starts = new Set<number>();
        graphemesOf(withoutSpace(text)).reduce((at, grapheme) => (starts.add(at), at + grapheme.length), 0);
        let at = 0;
        for (const part of parts) {
          expect(lengthOf(part)).toBeLessThanOrEqual(max);
          expect(part).toMatch(/\S/);
          expect(part.isWellFormed()).toBe(true);
          expect(starts).toContain(at);
          at += withoutSpace(part).length;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is ten parts at most, without delay', () => {
    const started = process.hrtime.bigint();
    expect(splitText(`${'🙏 '.repeat(1_700)}${'b'.repeat(6_600)}`.repeat(5), MAX_TEXT_CHARACTERS).length).toBeLessThanOrEqual(10);
    for (const unit of ['a', 'a ', 'a.', '\n', '. ', '🙏', 'e\u0301', '.\'']) {
      const text = `x${unit.repeat(MAX_LONG_TEXT_CHARACTERS)}`.slice(0, MAX_LONG_TEXT_CHARACTERS - 1);
      expect(splitText(`${text}x`, MAX_TEXT_CHARACTERS).length).toBeLessThanOrEqual(10);
    }
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(2_000);
  });
});
