import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// Chromium asks its maker's hosts for updates and the like at every start; tests reach loopback only.
const FLAGS = [
  '--no-sandbox', // Chromium's sandbox does not start for root, as which CI runs; it opens our own pages only
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** A headless Chromium: CHROMIUM_PATH, else an installed one, else the one that npm brings. It says which; the caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const { executablePath, origin, args } = await findChromium();
  const browser = await chromium.launch({ executablePath, args, headless: true });
  process.stdout.write(`Chromium ${browser.version()} (${origin})\n`);
  return browser;
}

async function findChromium(): Promise<{ executablePath: string; origin: string; args: string[] }> {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') return { executablePath: named, origin: 'CHROMIUM_PATH', args: FLAGS };
  const installed = INSTALLED.find((path) => existsSync(path));
  if (installed !== undefined) return { executablePath: installed, origin: installed, args: FLAGS };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('No Chromium for the tests: set CHROMIUM_PATH. The one that npm brings is for Linux on x64.');
  }
  const { default: packaged } = await import('@sparticuz/chromium');
  // Its own flags are for a cloud function: one process, which ends with the first context that is closed, and no web security.
  return { executablePath: await packaged.executablePath(), origin: 'npm', args: FLAGS };
}
