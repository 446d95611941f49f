import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { runInThisContext } from 'node:vm';
import { transformSync } from '@swc/core';
import type * as fairShare from '../../src/rate-policy/fair-share.js';
import type * as limit from '../../src/rate-policy/limit.js';
import type * as limitHeaders from '../../src/rate-policy/limit-headers.js';
import type * as replyWindow from '../../src/rate-policy/reply-window.js';
import type * as sendDecision from '../../src/rate-policy/send-decision.js';

const ROOM = resolve('src/rate-policy');

/** The rate policy as pure functions. */
export type Policy = typeof replyWindow & typeof limit & typeof fairShare & typeof limitHeaders & typeof sendDecision;

/** A fault that is planted into the source of the policy: `find` occurs in `file` exactly once. */
export interface Mutant {
  /** What the fault means. */
  name: string;
  file: string;
  find: string;
  replace: string;
}

/** The policy compiled anew from its sources, with a fault planted or as it is. */
export function loadPolicy(mutant?: Mutant): Policy {
  const modules = new Map<string, object>();
  const load = (path: string): object => {
    const known = modules.get(path);
    if (known !== undefined) {
      return known;
    }
    const source = readFileSync(path, 'utf8');
    const planted = mutant !== undefined && path === join(ROOM, mutant.file) ? source.replace(mutant.find, () => mutant.replace) : source;
    const { code } = transformSync(planted, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } });
    const exports = {};
    modules.set(path, exports);
    const requireHere = (name: string): object => load(resolve(dirname(path), name.replace(/\.js$/, '.ts')));
    const run = runInThisContext(`(exports, require) => {${code}\n}`, { filename: path }) as (exports: object, require: (name: string) => object) => void;
    run(exports, requireHere);
    return exports;
  };
  const files = ['reply-window', 'limit', 'fair-share', 'limit-headers', 'send-decision'];
  return Object.assign({}, ...files.map((name) => load(join(ROOM, `${name}.ts`)))) as Policy;
}

/** How often a mutant's text occurs in the source that it is planted in. */
export function countOccurrences({ file, find }: Mutant): number {
  return readFileSync(join(ROOM, file), 'utf8').split(find).length - 1;
}
