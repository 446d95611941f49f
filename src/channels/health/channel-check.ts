import type { Instant } from '../../kernel/clock.js';
import type { Problem } from '../../kernel/problem.js';
import type { Connection } from '../channel-status.js';

/** What is checked of a channel, each step as a rule worth asking only when those before it are well. */
export const CHECK_NAMES = [
  'credentials',
  'direct-message-permission',
  'credits',
  'environment',
  'webhook-registered',
  'webhook-valid',
  'subscription',
  'public-url',
  'event-flow',
  'open-direct-messages',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

/** Without one of these nothing comes in, or nothing goes out: a channel of which one fails is not `connected`. */
export const LINE_CHECKS: readonly CheckName[] = ['credentials', 'direct-message-permission', 'credits', 'environment', 'webhook-registered', 'webhook-valid', 'subscription'];

/** What a check came to. */
export type Finding = { ok: true; detail: string } | { ok: false; problem: Problem };
export type Findings = ReadonlyMap<CheckName, Finding>;

/** A check as it is kept and answered. */
export interface ChannelCheck {
  name: CheckName;
  ok: boolean;
  /** Null while it was never made. */
  checkedAt: Instant | null;
  detail: string;
  /** What to do about it; null when all is well. */
  remedy: string | null;
}

const NEVER_CHECKED: Omit<ChannelCheck, 'name'> = {
  ok: false,
  checkedAt: null,
  detail: 'Not checked yet.',
  remedy: 'Connect the channel, or run its checks.',
};

/** The checks as they stand after some of them were made at `now`: all of them, in their order. */
export function checksAfter(before: readonly ChannelCheck[], findings: Findings, now: Instant): ChannelCheck[] {
  return CHECK_NAMES.map((name) => {
    const finding = findings.get(name);
    return finding === undefined ? (before.find((check) => check.name === name) ?? { name, ...NEVER_CHECKED }) : toCheck(name, finding, now);
  });
}

function toCheck(name: CheckName, finding: Finding, checkedAt: Instant): ChannelCheck {
  return finding.ok
    ? { name, ok: true, checkedAt, detail: finding.detail, remedy: null }
    : { name, ok: false, checkedAt, detail: finding.problem.detail, remedy: finding.problem.extras.remedy ?? 'Look at what X says, and run the checks again.' };
}

/** The first of the line's checks that failed. */
export function lineProblem(findings: Findings): Problem | null {
  for (const name of LINE_CHECKS) {
    const finding = findings.get(name);
    if (finding?.ok === false) {
      return finding.problem;
    }
  }
  return null;
}

/** The same of checks as they are kept: what the first that failed found; null when none did. */
export function lineProblemOf(checks: readonly ChannelCheck[]): string | null {
  const failed = LINE_CHECKS.map((name) => checks.find((check) => check.name === name)).find((check) => check?.ok === false);
  return failed === undefined ? null : failed.remedy === null ? failed.detail : `${failed.detail} ${failed.remedy}`;
}

/**
 * What a look found, without what could not be asked for want of credits: that stays as it was known before. `isDepleted` tells
 * that X said so.
 */
export function withoutUnpaid(findings: Findings): { findings: Findings; isDepleted: boolean } {
  const paid = new Map([...findings].filter(([, finding]) => finding.ok || finding.problem.code !== 'channel.credits-depleted'));
  return { findings: paid, isDepleted: paid.size < findings.size };
}

/**
 * How a channel stands after a look at its line; null when the look does not tell: it was cut short, and nothing that it saw was wrong.
 * Tokens that X refuses are `revoked`, everything else is `degraded` until it is mended.
 */
export function connectionAfter(findings: Findings): { connection: Connection; problem: Problem | null } | null {
  const problem = lineProblem(findings);
  if (problem !== null) {
    return { connection: problem.code === 'channel.credentials-rejected' ? 'revoked' : 'degraded', problem };
  }
  return LINE_CHECKS.every((name) => findings.has(name)) ? { connection: 'connected', problem: null } : null;
}

/** The same for one that is not connected, of which only the account counts: without it nothing can be sent either. */
export function accountAfter(findings: Findings): { connection: Connection; problem: Problem | null } | null {
  const account = new Map([...findings].filter(([name]) => name === 'credentials' || name === 'direct-message-permission'));
  const problem = lineProblem(account);
  return problem === null || problem.code === 'x.unavailable' ? null : connectionAfter(account);
}
