import type { Browser, Page } from 'playwright-core';
import { NAJM } from '../e2e/cast.js';
import { type Both, startBoth } from '../e2e/service.js';
import { launchBrowser } from '../support/browser.js';

jest.setTimeout(60_000);

const { consumerKey, consumerSecret } = NAJM.credentials;

describe('Signing in, in a browser', () => {
  let both: Both;
  let browser: Browser;
  beforeAll(async () => {
    [both, browser] = await Promise.all([startBoth(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await both.stop();
  });

  async function begin(name: string): Promise<Page> {
    const { body } = await both.service.call<{ authorizeUrl: string }>('/v1/channels/authorizations', { body: { name, consumerKey, consumerSecret, environmentName: 'prod' } });
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(body.authorizeUrl);
    return page;
  }

  it('leads from X back to a page that says what the person has now', async () => {
    const page = await begin('Najm support');
    await page.getByRole('button', { name: /@NajmTelecomCare/ }).click();
    await page.getByRole('heading', { name: 'Signed in' }).waitFor();
    expect(new URL(page.url()).origin).toBe(both.service.url);
    expect(await page.locator('main').innerText()).toContain('The channel “Najm support” acts for @NajmTelecomCare now.');
    if (process.env['SCREENSHOT'] !== undefined) await page.screenshot({ path: process.env['SCREENSHOT'] });
    await page.reload();
    await page.getByRole('heading', { name: 'This sign-in is over' }).waitFor();
    await page.context().close();
  });

  it('leads back also who says no', async () => {
    const page = await begin('Another');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'Not signed in' }).waitFor();
    expect((await both.service.call('/v1/channels')).body['data']).toHaveLength(1);
    await page.context().close();
  });
});
