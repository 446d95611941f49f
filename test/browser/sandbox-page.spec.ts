import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { RANIA } from '../e2e/cast.js';
import { type Both, connectNajm, startBoth, textTo } from '../e2e/service.js';
import { launchBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { WatchedPage } from './watched-page.js';

/** An expression for the page: see there. */
const FIND_ACCESSIBILITY_GAPS = readFileSync(join(__dirname, 'accessibility-gaps.cjs'), 'utf8');

jest.setTimeout(60_000);

describe('The sandbox’s page', () => {
  let both: Both;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    [both, browser] = await Promise.all([startBoth(), launchBrowser()]);
    await connectNajm(both.service);
    watched = await WatchedPage.open(browser, both.sandbox.url);
    page = watched.page;
    await page.goto(both.sandbox.url);
    await shows('#connection', 'live');
    await page.evaluate('window.loadedOnce = true');
  });
  afterEach(() => expect(watched.takeComplaints()).toEqual([]));
  afterAll(async () => {
    await browser.close();
    await both.stop();
  });

  const shows = (selector: string, text: string) =>
    eventually(async () => expect(await page.locator(selector).innerText()).toBe(text), `${selector} shows ${text}`, { withinMs: 10_000 });
  const list = async (filter: string) => (await both.service.call<{ data: object[] }>(`/v1/messages?${filter}`)).body.data;
  const focused = () => page.evaluate<string>('document.activeElement.id');
  const gaps = () => page.evaluate<string[]>(FIND_ACCESSIBILITY_GAPS);

  /** Presses Tab until the element has the focus, as somebody without a mouse would. */
  async function tabTo(id: string): Promise<void> {
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab');
      if ((await focused()) === id) return;
    }
    throw new Error(`Tab does not lead to #${id}`);
  }

  async function lastMessage(): Promise<{ text: string; meta: string }> {
    const message = page.locator('#thread .message').last();
    return { text: await message.locator('.bubble').innerText(), meta: await message.locator('.meta').innerText() };
  }

  it('lets the participant write by keyboard alone, and the service has it', async () => {
    await shows('#window-badge', 'closed');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // the link that skips to writing
    expect(await focused()).toBe('text');

    await page.keyboard.type('Is <anybody> & there?');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('نعم');
    await page.keyboard.press('Enter');

    await eventually(async () => expect((await lastMessage()).text).toBe('Is <anybody> & there?\nنعم'), 'the page shows it');
    await shows('#window-badge', 'open');
    await shows('#replies-text', '5 of 5 free replies left');
    expect(await page.inputValue('#text')).toBe('');
    const received = await eventually(async () => (await list('direction=inbound'))[0] ?? null, 'it is received');
    expect(received).toMatchObject({ from: { number: RANIA.id }, content: { text: 'Is <anybody> & there?\nنعم' } });
  });

  it('shows the brand’s replies as they come, without a reload, and counts the free ones down', async () => {
    for (const remaining of [4, 3, 2, 1, 0]) {
      await both.service.call('/v1/messages', { body: textTo(`Reply with ${remaining} left`) });
      await shows('#replies-text', `${remaining} of 5 free replies left`);
      expect(await page.locator('#replies li.free').count()).toBe(remaining);
      await eventually(async () => expect((await lastMessage()).text).toBe(`Reply with ${remaining} left`), 'the reply shows');
      expect((await lastMessage()).meta).toContain('free reply');
    }
    await shows('#next-send', 'counts towards the rate limits');
    await both.service.call('/v1/messages', { body: textTo('One more') });
    await eventually(async () => expect((await lastMessage()).text).toBe('One more'), 'the sixth shows');
    expect((await lastMessage()).meta).toContain('counts towards the limits');
    expect(await page.evaluate('window.loadedOnce')).toBe(true);
  });

  it('starts the window again with the participant’s next message', async () => {
    await page.focus('#text');
    await page.keyboard.type('Thanks');
    await tabTo('photo');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space'); // the button Send
    await shows('#replies-text', '5 of 5 free replies left');
    expect((await lastMessage()).text).toBe('Thanks');
  });

  it('offers what a message has to press, and answers with the metadata of the quick reply', async () => {
    const content = { type: 'text', text: 'Pick your city.', quickReplies: [{ label: 'Riyadh', description: 'Central region', metadata: 'city:riyadh' }, { label: 'Jeddah', description: 'Western region' }], buttons: [{ label: 'Track my order', url: 'https://www.najm.example/track' }] };
    await both.service.call('/v1/messages', { body: { ...textTo(''), content } });
    const link = page.getByRole('link', { name: 'Track my order' });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe('https://www.najm.example/track');
    await page.getByRole('button', { name: 'Riyadh' }).press('Enter');
    await eventually(async () => expect((await lastMessage()).text).toBe('Riyadh'), 'the answer shows');
    const answer = await eventually(async () => (await list('direction=inbound')).find((message) => JSON.stringify(message).includes('city:riyadh')) ?? null, 'the service has it');
    expect(answer).toMatchObject({ content: { type: 'text', text: 'Riyadh', quickReply: { metadata: 'city:riyadh' } } });
  });

  it('has every switch within reach of the keyboard, with a focus that is seen', async () => {
    await page.evaluate('document.activeElement.blur()');
    await tabTo('mark-read');
    expect(await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await list('direction=outbound&status=read')).toHaveLength(7), 'the service knows that they were read');

    await tabTo('fault-kind');
    await tabTo('fault-times');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await page.locator('#faults li').count()).toBe(1), 'the fault is on');
    await page.getByRole('button', { name: /^Remove:/ }).press('Enter');
    await eventually(async () => expect(await page.locator('#faults li').count()).toBe(0), 'the fault is off');
  });

  it.each(['light', 'dark'] as const)('names its controls and is legible when it is %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await gaps()).toEqual([]);
  });

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await page.locator('#thread .message').last().isVisible()).toBe(true);
  });

  it('is checked by what sees a control without a name and text that is hard to read', async () => {
    await page.evaluate(`
      document.querySelector('.composer .primary').textContent = '';
      document.querySelector('label[for=text]').removeAttribute('for');
      document.querySelector('#participant').tabIndex = 3;
      document.querySelector('.meta').style.color = '#777777';
      document.querySelector('.meta').style.background = '#888888';
      document.documentElement.lang = '';
    `);
    expect(await gaps()).toEqual([
      'taken out of the order of focus: select#participant',
      'no name: textarea#text',
      'no name: button',
      'no language',
      expect.stringMatching(/^contrast 1\.\d: p/),
    ]);
  });

  it('tells when the sandbox is gone', async () => {
    const other = await startBoth();
    const control = await WatchedPage.open(browser, other.sandbox.url);
    await control.page.goto(other.sandbox.url);
    await other.stop();
    await eventually(async () => expect(await control.page.locator('#connection').innerText()).toBe('disconnected'), 'it says so');
    await control.close();
  });
});
