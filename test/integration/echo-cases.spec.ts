import { type Echo, matchEcho, type UnsettledSend } from '../../src/messaging/unknown/echo-match.js';
import { type Findings, playScenario } from './echo-scenario.js';
import { seededFractions } from './limit-storm.js';

const CASES = Number(process.env['ECHO_CASES'] ?? 10_000);
const SEED = process.env['CHAOS_SEED'] ?? 'echoes';

function play(match: typeof matchEcho, cases = CASES): Findings {
  const random = seededFractions(SEED);
  const findings: Findings = { wrong: [], certain: 0, bound: 0 };
  for (let n = 0; n < cases; n += 1) {
    playScenario(random, match, findings);
  }
  return findings;
}

const LINK = /https?:\/\/\S*|\S+\.example\S*/gi;
const withoutLinks = (text: string): string => text.replace(LINK, '<link>');
const APP = '29981177';

/** X puts a short link in place of each, all of the same length. */
function toldBy(text: string): Echo {
  const links: { url: string; expandedUrl: string }[] = [];
  const told = text.replace(/https?:\/\/[^\s()]*/g, (expandedUrl) => {
    links.push({ url: `https://t.co/abcdefghi${links.length}`, expandedUrl });
    return links.at(-1)?.url ?? '';
  });
  return { text: told, createdAt: 0, sourceAppId: APP, links };
}

describe('Which message an echo of X is', () => {
  it(`is never guessed wrong in ${CASES} cases made to mislead, and known where nothing else could be meant`, () => {
    const { wrong, certain, bound } = play(matchEcho);
    expect(wrong).toEqual([]);
    expect(certain).toBeGreaterThan(CASES / 4);
    expect(bound / certain).toBeGreaterThanOrEqual(0.999);
  });

  it.each<[string, typeof matchEcho]>([
    ['that does not ask which app sent it', (echo, app, unsettled) => matchEcho({ ...echo, sourceAppId: app }, app, unsettled)],
    ['that takes an echo without an app for ours', (echo, app, unsettled) => matchEcho({ ...echo, sourceAppId: echo.sourceAppId ?? app }, app, unsettled)],
    ['that takes the first where several fit', (echo, app, unsettled) => unsettled.map((one) => matchEcho(echo, app, [one])).find((match) => match !== null) ?? null],
    ['that takes the newest where several fit', (echo, app, unsettled) => unsettled.map((one) => matchEcho(echo, app, [one])).filter((match) => match !== null).at(-1) ?? null],
    ['that does not look at the time', (echo, app, unsettled) => matchEcho({ ...echo, createdAt: 0 }, app, unsettled.map((one) => ({ ...one, startedAt: 0 })))],
  ])('control: a rule %s guesses wrong', (_what, rule) => {
    expect(play(rule).wrong.length).toBeGreaterThan(0);
  });

  it.each<[string, typeof matchEcho]>([
    ['that never binds', () => null],
    ['that compares the text as X rewrote it', (echo, app, unsettled) => matchEcho(echo, app, unsettled.filter(({ text }) => text === echo.text))],
    ['that does not look at where links lead', (echo, app, unsettled) => matchEcho({ ...echo, text: withoutLinks(echo.text), links: [] }, app, unsettled.map((one) => ({ ...one, text: withoutLinks(one.text) })))],
    ['that expects X’s clock to be ours', (echo, app, unsettled) => matchEcho(echo, app, unsettled.filter(({ startedAt }) => Math.abs(startedAt - echo.createdAt) < 1_000))],
  ])('control: a rule %s leaves what is certain unknown', (_what, rule) => {
    const { certain, bound } = play(rule);
    expect(bound / certain).toBeLessThan(0.999);
  });

  it.each([
    ['what a link leads to', 'See https://shop.example/a', 'See https://shop.example/b'],
    ['the end of a link', 'See https://shop.example/1', 'See https://shop.example/10'],
    ['the order of links', 'https://shop.example/a https://shop.example/b', 'https://shop.example/b https://shop.example/a'],
    ['what stands behind a link', 'See (https://shop.example/a)!', 'See (https://shop.example/a)?'],
    ['what stands behind a point', 'Paid.Thanks', 'Paid.Sorry'],
  ])('tells two messages apart that differ in nothing but %s', (_what, one, other) => {
    const sends: UnsettledSend[] = [one, other].map((text) => ({ messageId: text, text, startedAt: 0 }));
    for (const { text } of sends) {
      expect(matchEcho(toldBy(text), APP, sends)).toBe(text);
      expect(matchEcho(toldBy(text), APP, sends.filter((send) => send.text !== text))).toBeNull();
    }
  });

  it('takes two addresses for one that X may write as one', () => {
    const sends: UnsettledSend[] = ['https://shop.example?a=1', 'https://Shop.example/?a=1'].map((text, n) => ({ messageId: `msg_${n}`, text, startedAt: 0 }));
    expect(matchEcho(toldBy('https://shop.example/?a=1'), APP, sends)).toBeNull();
  });

  it.each([
    ['while both could be meant, neither', 60_000, 60_000, null],
    ['a late echo of the first, neither', 60_000, 0, null],
    ['X’s clock behind by 2 minutes, neither', 9 * 60_000, 7 * 60_000, null],
    ['so much later that only the second could be meant, the second', 11 * 60_000, 11 * 60_000, 'second'],
    ['of a time before the second could have been sent, the first', 3 * 60_000, 1, 'first'],
  ])('settles of two with the same words, the first of which may have been taken without an echo: %s', (_what, secondStartedAt, createdAt, expected) => {
    const sends: UnsettledSend[] = [
      { messageId: 'first', text: 'Yes', startedAt: 0 },
      { messageId: 'second', text: 'Yes', startedAt: secondStartedAt },
    ];
    expect(matchEcho({ ...toldBy('Yes'), createdAt }, APP, sends)).toBe(expected);
  });

  it.each([
    [-120_000, 'msg_one'],
    [-120_001, null],
    [600_000, 'msg_one'],
    [600_001, null],
  ])('looks from 2 minutes before the send to 10 minutes after it: %i ms', (createdAt, expected) => {
    expect(matchEcho({ text: 'Hi', createdAt, sourceAppId: APP, links: [] }, APP, [{ messageId: 'msg_one', text: 'Hi', startedAt: 0 }])).toBe(expected);
  });

  it('is not known while we do not know our own app', () => {
    expect(matchEcho({ text: 'Hi', createdAt: 0, sourceAppId: APP, links: [] }, null, [{ messageId: 'msg_one', text: 'Hi', startedAt: 0 }])).toBeNull();
  });
});
