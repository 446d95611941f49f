import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../support/processes.js';

export interface SourceFile {
  /** From the project's root, with `/`. */
  path: string;
  text: string;
}

/** What a file's suffix may say it is; no suffix says it is pure. The second row are Nest's own words for parts of a request's way. */
const ROLES = [
  ...['module', 'controller', 'dto', 'service', 'entity', 'job', 'spec', 'migration'],
  ...['decorator', 'guard', 'filter', 'pipe', 'interceptor', 'middleware'],
];

const MAX_LINES = 250;

export const isSpec = ({ path }: SourceFile): boolean => path.endsWith('.spec.ts');

/** Every TypeScript file under these folders. */
export function readSourceFiles(...folders: readonly string[]): SourceFile[] {
  const paths = folders.flatMap((folder) =>
    readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
  );
  return paths
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(PROJECT_ROOT, path), 'utf8') }));
}

export const countLines = ({ text }: SourceFile): number => text.trimEnd().split('\n').length;

export function findTooLong(files: readonly SourceFile[]): string[] {
  return files.filter((file) => countLines(file) > MAX_LINES).map((file) => `${file.path}: ${countLines(file)} lines`);
}

export function medianLines(files: readonly SourceFile[]): number {
  const sorted = files.map(countLines).sort((a, b) => a - b);
  const [low, high] = [Math.floor((sorted.length - 1) / 2), Math.ceil((sorted.length - 1) / 2)];
  return ((sorted[low] ?? 0) + (sorted[high] ?? 0)) / 2;
}

/** Names that are not kebab-case with a known role last, and barrels. `app.setup.ts` stands beside main.ts by the user's wish. */
export function findMisnamed(files: readonly SourceFile[]): string[] {
  const name = new RegExp(`^[a-z0-9]+(-[a-z0-9]+)*(\\.(${ROLES.join('|')}))?(\\.spec)?\\.ts$`);
  return files
    .map(({ path }) => path)
    .filter((path) => path !== 'src/app.setup.ts')
    .filter((path) => !name.test(path.slice(path.lastIndexOf('/') + 1)) || path.endsWith('/index.ts'));
}

/** Relative imports without the `.js` that Node needs. */
export function findImportsWithoutSuffix(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(/(?:from|import|import\()\s*'(\.{1,2}\/[^']*)'/g)]
      .map((match) => match[1] ?? '')
      .filter((specifier) => !/\.c?js$/.test(specifier))
      .map((specifier) => `${path}: '${specifier}'`),
  );
}
