/** Tells histories that begin at the given instants to the policy, and prints a digest of every answer: for comparing processes. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ACCOUNTS, histories, PEOPLE } from './history.js';
import { loadPolicy } from './load-policy.js';
import { PolicyUnderTest } from './policy-under-test.js';

const [starts = '', ...options] = process.argv.slice(2);
const hasClockSteps = options.includes('clock-steps');
/** A window that ends a calendar day later, as local clocks have it. */
const LOCAL_DAYS = {
  name: 'local days',
  file: 'reply-window.ts',
  find: 'return window.openedAt + rule.windowMs;',
  replace: 'const end = new Date(window.openedAt); end.setDate(end.getDate() + 1); return end.getTime();',
};
const policy = loadPolicy(options.includes('local-days') ? LOCAL_DAYS : undefined);
const digest = createHash('sha256');
for (const start of starts.split(',').map(Number)) {
  for (const { world, steps } of fc.sample(histories, { seed: 2_026, numRuns: 60 })) {
    const subject = new PolicyUnderTest(policy, world);
    let now = start;
    steps.forEach((step, n) => {
      const account = ACCOUNTS['account' in step ? step.account : 0] ?? '';
      const person = PEOPLE['person' in step ? step.person : 0] ?? '';
      // A clock that is an hour off for one step and is set right again.
      const off = !hasClockSteps ? 0 : [0, 3_600_000, 0, -3_600_000][n % 4] ?? 0;
      if (step.kind === 'wait') {
        now += step.ms;
      } else if (step.kind === 'inbound') {
        subject.inbound(account, person, now + step.atMs, now);
      } else if (step.kind === 'send') {
        const verdict = subject.send(account, person, step.beyond, step.permission, step.isBehind, now);
        digest.update(JSON.stringify([now - start, verdict.says, verdict.until === null ? null : verdict.until - start]));
      }
      if (off !== 0) {
        subject.lines(account, now + off);
      }
      digest.update(JSON.stringify(subject.lines(account, now).map((line) => ({ ...line, resetsAt: line.resetsAt === null ? null : line.resetsAt - start }))));
    });
  }
}
process.stdout.write(digest.digest('hex'));
