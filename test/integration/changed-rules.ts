import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import type { RatePolicies } from '../../src/config/rate-policies.js';

/** The numbers of v1.1 that a test wants to be others: small, so that it reaches them. */
export interface ChangedNumbers {
  allotment?: number;
  accountLimit?: number;
  appLimit?: number;
  /** Of all limits; not of the reply window. */
  limitWindowMs?: number;
}

/** Copies of `config/` in which the rule has other numbers, removed at the end. */
export class ChangedRules {
  private readonly folders: string[] = [];

  /** The environment with which a service takes such a copy for its own. */
  env({ allotment, accountLimit, appLimit, limitWindowMs }: ChangedNumbers): { CONFIG_DIR: string } {
    const folder = mkdtempSync(join(tmpdir(), 'dm-channel-rule-'));
    this.folders.push(folder);
    cpSync(resolve('config'), folder, { recursive: true });
    const file = join(folder, 'rate-policies.yaml');
    const rules = parse(readFileSync(file, 'utf8')) as { profiles: RatePolicies };
    const profile = rules.profiles['v1.1'];
    profile.replyWindow.allotment = allotment ?? profile.replyWindow.allotment;
    for (const limit of profile.limits) {
      limit.limit = (limit.name.startsWith('app-') ? appLimit : accountLimit) ?? limit.limit;
      limit.windowMs = limitWindowMs ?? limit.windowMs;
    }
    writeFileSync(file, stringify(rules));
    return { CONFIG_DIR: folder };
  }

  removeAll(): void {
    this.folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  }
}
