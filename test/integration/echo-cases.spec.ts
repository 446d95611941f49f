import { type Echo, matchEcho, type UnsettledSend } from '../../src/messaging/unknown/echo-match.js';
import { normaliseForEcho } from '../../src/messaging/message/message-content.js';
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

const withoutLinks = (echo: Echo): Echo => ({ ...echo, links: [] });
const APP = '29981177';

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
    ['that expects X’s clock to be ours', (echo, app, unsettled) => matchEcho(echo, app, unsettled.filter(({ startedAt }) => Math.abs(startedAt - echo.createdAt) < 1_000))],
  ])('control: a rule %s leaves what is certain unknown', (_what, rule) => {
    const { certain, bound } = play(rule);
    expect(bound / certain).toBeLessThan(0.999);
  });

  it('tells two messages apart that differ in a link alone', () => {
    const sends: UnsettledSend[] = ['a', 'b'].map((path) => ({ messageId: `msg_${path}`, text: `See https://shop.example/${path}`, startedAt: 0 }));
    const echo: Echo = { text: 'See https://t.co/abcdefghij', createdAt: 0, sourceAppId: APP, links: [{ expandedUrl: 'https://shop.example/b' }] };
    expect(matchEcho(echo, APP, sends)).toBe('msg_b');
    expect(matchEcho(withoutLinks(echo), APP, sends)).toBeNull();
    expect(normaliseForEcho(echo.text)).toBe('See <link>');
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
