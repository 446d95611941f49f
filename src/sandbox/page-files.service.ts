import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Answer } from './wire/exchange.js';

const FOLDER = join(__dirname, 'page');

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const HEADERS = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

/** The page's files lie beside this one, in `src` as in `dist`. Null for a path that is none of them. */
export async function findPageFile(path: string): Promise<Answer | null> {
  const name = path === '/' ? 'index.html' : /^\/page\/([a-z-]+\.[a-z]+)$/.exec(path)?.[1];
  const mediaType = name === undefined ? undefined : MEDIA_TYPES[extname(name)];
  if (name === undefined || mediaType === undefined) return null;
  try {
    return { status: 200, headers: { ...HEADERS, 'content-type': mediaType }, body: await readFile(join(FOLDER, name)) };
  } catch {
    return null;
  }
}
