import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Client } from 'pg';
import { launchBrowser } from './browser.js';
import { forEachEngine } from './engines.js';
import { eventually } from './eventually.js';
import { startNode } from './processes.js';

describe('the support for tests', () => {
  describe('eventually', () => {
    it('gives the first value that is neither false nor null', async () => {
      const answers = [null, false, 'third'] as const;
      let tries = 0;
      expect(await eventually(() => answers[tries++] ?? null, 'an answer', { everyMs: 1 })).toBe('third');
    });

    it('tries an expectation again until it passes', async () => {
      let tries = 0;
      await eventually(() => expect((tries += 1)).toBe(3), 'three tries', { everyMs: 1 });
      expect(tries).toBe(3);
    });

    it('fails after the deadline with what was waited for and what the last try said', async () => {
      const never = eventually(() => Promise.reject(new Error('still empty')), 'a message arrives', { withinMs: 30, everyMs: 1 });
      await expect(never).rejects.toThrow('Not within 30 ms: a message arrives. The last try: still empty');
    });
  });

  describe('a process', () => {
    it('is waited for by what it prints, with the environment it was given', async () => {
      const child = startNode(['-e', 'console.log(`hello ${process.env.WHOM}`); setInterval(() => {}, 1000)'], { env: { WHOM: 'world' } });
      expect((await child.waitForOutput(/hello (\w+)/))[1]).toBe('world');
      expect(await child.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    });

    it('that ends too soon is reported with what it printed', async () => {
      const child = startNode(['-e', 'console.error("no such setting"); process.exit(3)']);
      await expect(child.waitForOutput(/listening/)).rejects.toThrow(/ended without output like .*\n?.*no such setting/s);
      await expect(child.waitUntilReady('http://127.0.0.1:9')).rejects.toThrow(/ended before it was ready/);
      expect(await child.waitForEnd()).toEqual({ code: 3, signal: null });
    });
  });

  it('brings a browser that opens a page', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.setContent('<button onclick="this.textContent = \'pressed\'">press</button>');
      await page.click('button');
      expect(await page.textContent('button')).toBe('pressed');
    } finally {
      await browser.close();
    }
  });

  forEachEngine((engine) => {
    it('gives each caller a database of its own', async () => {
      const [first, second] = [await engine.createDatabaseUrl(), await engine.createDatabaseUrl()];
      expect(first).not.toBe(second);
      if (engine.name === 'sqlite') {
        expect(first).toMatch(/^sqlite:\//);
        expect(existsSync(dirname(first.slice('sqlite:'.length)))).toBe(true);
        return;
      }
      const client = new Client({ connectionString: first });
      await client.connect();
      const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
      await client.end();
      expect(new URL(first).pathname).toBe(`/${rows[0]?.name}`);
    });
  });
});
