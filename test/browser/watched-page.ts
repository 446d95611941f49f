import type { Browser, BrowserContext, Page } from 'playwright-core';

/** A page, with everything that its reader would not see: errors, refused content, and hosts that it turned to. */
export class WatchedPage {
  private readonly seen: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
  ) {}

  /** A page of its own, with nothing stored. Only `origin` is reached; a request to any other host is noted and cut off. */
  static async open(browser: Browser, origin: string, viewport = { width: 1280, height: 900 }): Promise<WatchedPage> {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const watched = new WatchedPage(page, context);
    await context.route(
      (url) => url.origin !== origin,
      (route) => {
        watched.seen.push(`foreign host: ${route.request().url()}`);
        return route.abort();
      },
    );
    await context.exposeFunction('noteViolation', (text: string) => watched.seen.push(`content security policy: ${text}`));
    await context.addInitScript(
      `document.addEventListener('securitypolicyviolation', (event) => window.noteViolation(event.violatedDirective + ' ' + event.blockedURI));`,
    );
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) watched.seen.push(`console ${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => watched.seen.push(`exception: ${error.message}`));
    return watched;
  }

  /** What was noted since the last time it was asked. */
  takeComplaints(): string[] {
    return this.seen.splice(0);
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
