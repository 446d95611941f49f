import { readFileSync } from 'node:fs';
import { type Document, LineCounter, parseDocument, visit } from 'yaml';
import { SettingsError } from '../setting-problem.js';

/** The values of a YAML file, and where in it each stands. */
export interface YamlFile {
  /** As a person finds it: relative to the folder the service was started in, if it is below that. */
  shownPath: string;
  values: unknown;
  /** `config/production.yaml:12`: the line of a value; of the nearest group above it that has one otherwise. */
  originOf(path: readonly (string | number)[]): string;
}

/**
 * Reads a YAML 1.2 file; null when there is none.
 * Throws a `SettingsError` that names file, line and kind of error. The parser's own sentence is left out: it quotes the text.
 */
export function readYamlFile(path: string, shownPath: string): YamlFile | null {
  const text = readTextOrNull(path, shownPath);
  if (text === null) return null;
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw notYaml(`${shownPath}:${lineCounter.linePos(error.pos[0]).line}`, error.code);
  const lost = findUnresolvedAlias(document);
  if (lost !== null) throw notYaml(`${shownPath}:${lineCounter.linePos(lost).line}`, 'BAD_ALIAS');
  const originOf = (wanted: readonly (string | number)[]): string => {
    for (let length = wanted.length; length > 0; length -= 1) {
      const node: unknown = document.getIn(wanted.slice(0, length), true);
      const start = rangeStart(node);
      if (start !== null) return `${shownPath}:${lineCounter.linePos(start).line}`;
    }
    return shownPath;
  };
  try {
    return { shownPath, values: document.toJS(), originOf };
  } catch {
    // What is left to go wrong is a file whose aliases multiply beyond measure.
    throw notYaml(shownPath, 'RESOURCE_EXHAUSTION');
  }
}

function readTextOrNull(path: string, shownPath: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new SettingsError([{ key: shownPath, wrong: `cannot be read (${code ?? 'unknown reason'})`, origin: shownPath }]);
  }
}

/** Where an alias stands whose anchor is nowhere before it: valid for the parser, without a value for anybody else. */
function findUnresolvedAlias(document: Document): number | null {
  let start: number | null = null;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      start = rangeStart(alias);
      return visit.BREAK;
    },
  });
  return start;
}

function notYaml(origin: string, code: string): SettingsError {
  const kind = code.toLowerCase().replaceAll('_', ' ');
  return new SettingsError([{ key: origin, wrong: `is not valid YAML (${kind})`, origin }]);
}

function rangeStart(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return null;
  const [start] = node.range as unknown[];
  return typeof start === 'number' ? start : null;
}
