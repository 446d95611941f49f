import { startSandbox, type Sandbox } from './sandbox-server.service.js';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterAll(() => sandbox.close());

const get = (path: string): Promise<Response> => fetch(`${sandbox.url}${path}`);

async function linkedFiles(path: string): Promise<string[]> {
  const text = await (await get(path)).text();
  const fromHtml = [...text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map((match) => match[1] ?? '');
  const fromScripts = [...text.matchAll(/from '\.\/([^']+)'/g)].map((match) => `/page/${match[1]}`);
  return [...fromHtml, ...fromScripts];
}

describe('the page', () => {
  it('is at the root, and may load from the sandbox only', async () => {
    const response = await get('/');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
    const html = await response.text();
    expect(html).not.toMatch(/https?:\/\/|<style|<script(?! type="module" src)| style=| on[a-z]+=/);
  });

  it('finds every file that it and its scripts name', async () => {
    const scripts = await linkedFiles('/page/app.js');
    const named = new Set([...(await linkedFiles('/')), ...scripts, ...(await Promise.all(scripts.map(linkedFiles))).flat()]);
    expect(named.size).toBeGreaterThan(8);
    for (const path of named) expect([path, (await get(path)).status]).toEqual([path, 200]);
  });

  it.each(['/page/../main.ts', '/page/%2e%2e/main.ts', '/page/nothing.js', '/page/'])('is nothing else: %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});
