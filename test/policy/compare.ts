import { ACCOUNTS, type History, PEOPLE, type Step } from './history.js';
import type { Policy } from './load-policy.js';
import { PolicyUnderTest } from './policy-under-test.js';
import { type LimitLine, ReferenceModel } from './reference-model.js';

const START = Date.UTC(2026, 10, 24, 9, 30, 15, 123);

/** What a history met, for the control that the generator reaches everything. */
export type Seen = Map<string, number>;

/** Tells one history to the policy and to the model. Returns the first difference, or null. */
export function firstDifference(policy: Policy, { world, steps }: History, seen: Seen = new Map()): string | null {
  const subject = new PolicyUnderTest(policy, world);
  const model = new ReferenceModel(world);
  const notices = new NoticeModel();
  const open: number[] = [];
  let sent = 0;
  let now = START;
  const note = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  for (const step of steps) {
    const account = ACCOUNTS['account' in step ? step.account : 0] ?? '';
    const person = PEOPLE['person' in step ? step.person : 0] ?? '';
    if (step.kind === 'wait') {
      now += step.ms;
    } else if (step.kind === 'wait-for') {
      now = Math.max(now, (edgeOf(step, model, world.windowMs, account, person, now) ?? now) + step.offsetMs);
    } else if (step.kind === 'inbound') {
      subject.inbound(account, person, now + step.atMs, now);
      model.inbound(account, person, now + step.atMs, now);
    } else if (step.kind === 'send') {
      for (let n = 0; n < step.times; n += 1) {
        const before = model.limits(account, now);
        const ours = subject.send(account, person, step.beyond, step.permission, step.isBehind, now);
        const theirs = model.send(account, person, step.beyond, step.permission, step.isBehind, now);
        note(theirs.says);
        if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
          return `a send: ${JSON.stringify(ours)} and not ${JSON.stringify(theirs)}`;
        }
        if (theirs.says === 'reply' || theirs.says === 'rate-limit') {
          open.push(sent);
          sent += 1;
        }
        if (theirs.says === 'rate-limit') {
          notices.look(account, before);
          notices.look(account, before.map((line) => ({ ...line, remaining: line.remaining - 1 })));
        }
      }
    } else {
      const [n] = open.splice(step.which % Math.max(1, open.length), step.outcome === '429' ? 0 : 1);
      const which = n ?? open[0] ?? -1;
      subject.answer(which, step.outcome, now + step.atMs, step.said, now);
      model.answer(which, step.outcome, now + step.atMs, step.said, now);
    }
    const difference = compare(subject, model, account, person, now, note) ?? notices.difference(subject.notices);
    if (difference !== null) {
      return difference;
    }
  }
  notices.told.forEach((notice) => note(notice.replace(/^\S+ \S+/, 'notice')));
  return null;
}

function compare(subject: PolicyUnderTest, model: ReferenceModel, account: string, person: string, now: number, note: (what: string) => void): string | null {
  const pairs: [string, unknown, unknown][] = [
    ['the window', subject.window(account, person), model.window(account, person)],
    ['the limits', subject.lines(account, now), model.limits(account, now)],
    ['the stop of all', subject.stoppedUntil(account, false, now), model.stoppedUntil(account, false, now)],
    ['the stop of what counts', subject.stoppedUntil(account, true, now), model.stoppedUntil(account, true, now)],
  ];
  if (model.limits(account, now).some(({ source }) => source === 'x')) {
    note('corrected by X');
  }
  if (model.limits(account, now).some(({ remaining, available }) => available < remaining)) {
    note('others are kept their shares');
  }
  if (model.stoppedUntil(account, true, now) !== null) {
    note(model.stoppedUntil(account, false, now) === null ? 'stop of what counts' : 'stop of all');
  }
  const different = pairs.find(([, ours, theirs]) => sorted(ours) !== sorted(theirs));
  return different === undefined ? null : `${different[0]}: ${JSON.stringify(different[1])} and not ${JSON.stringify(different[2])}`;
}

/** Text of a value whose fields may come in any order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

function edgeOf(step: Extract<Step, { kind: 'wait-for' }>, model: ReferenceModel, windowMs: number, account: string, person: string, now: number): number | null {
  switch (step.edge) {
    case 'window-end': {
      const window = model.window(account, person);
      return window === null ? null : window.openedAt + windowMs;
    }
    case 'oldest-use':
      return model.limits(account, now).find(({ resetsAt, source }) => resetsAt !== null && source === 'policy')?.resetsAt ?? null;
    case 'reset':
      return model.resetOf(account, now) ?? model.stoppedUntil(account, true, now);
  }
}

/** Who has been told of what: once when a fifth or less is left, once when nothing is, and anew after there was more. */
class NoticeModel {
  readonly told: string[] = [];
  private readonly since = new Map<string, string[]>();

  look(account: string, lines: readonly LimitLine[]): void {
    for (const { name, limit, remaining } of lines) {
      const whose = `${name === 'app-24h' ? 'app' : account} ${name}`;
      if (remaining * 5 > limit) {
        this.since.set(whose, []);
        continue;
      }
      const heard = this.since.get(whose) ?? [];
      const news = remaining <= 0 ? 'reached' : 'low';
      if (!heard.includes('reached') && !heard.includes(news)) {
        this.since.set(whose, [...heard, news]);
        this.told.push(`${whose} ${news}`);
      }
    }
  }

  difference(ours: readonly string[]): string | null {
    return ours.join() === this.told.join() ? null : `notices: ${ours.join()} and not ${this.told.join()}`;
  }
}
