import type { LimitCorrection, LimitLevel, LimitState } from '../../src/rate-policy/limit.js';
import type { XStops } from '../../src/rate-policy/limit-headers.js';
import type { ReplyWindow } from '../../src/rate-policy/reply-window.js';
import { ACCOUNTS, type Said, type World } from './history.js';
import type { Policy } from './load-policy.js';
import type { LimitLine, Verdict } from './reference-model.js';

interface Place {
  account: string;
  /** X's time of it; null while it is on its way. */
  at: number | null;
}

interface Message {
  account: string;
  person: string;
  charge: 'reply' | 'rate-limit';
  chargedWindow: number | null;
}

/** The policy's own functions with books in memory, as the service keeps them on disk. */
export class PolicyUnderTest {
  readonly notices: string[] = [];
  private readonly windows = new Map<string, ReplyWindow>();
  private readonly places = new Map<number, Place>();
  private readonly messages: Message[] = [];
  private readonly corrections = new Map<string, Record<string, LimitCorrection>>();
  private readonly stops: { whose: string; stops: XStops }[] = [];
  private readonly told = new Map<string, LimitLevel>();

  constructor(
    private readonly policy: Policy,
    private readonly world: World,
  ) {}

  inbound(account: string, person: string, at: number, now: number): void {
    const window = this.policy.windowAfterInbound(this.window(account, person), at, now);
    if (window !== null) {
      this.windows.set(`${account} ${person}`, window);
    }
  }

  window(account: string, person: string): ReplyWindow | null {
    return this.windows.get(`${account} ${person}`) ?? null;
  }

  send(account: string, person: string, beyondAllotment: 'count' | 'hold' | 'refuse', startPermission: 'allowed' | 'not-allowed' | 'ask', isBehindOthers: boolean, now: number): Verdict {
    const limits = this.limits(account, now);
    const decision = this.policy.decideSend({ now, window: this.window(account, person), windowRule: this.world, beyondAllotment, startPermission, limits, isBehindOthers });
    if (decision.window !== null) {
      this.windows.set(`${account} ${person}`, decision.window);
    }
    if (decision.kind !== 'send') {
      return { says: 'reason' in decision ? `${decision.kind} ${decision.reason}` : decision.kind, until: 'until' in decision ? decision.until : null };
    }
    const id = this.messages.push({ account, person, charge: decision.charge, chargedWindow: decision.charge === 'reply' ? decision.window.openedAt : null }) - 1;
    if (decision.charge === 'rate-limit') {
      this.places.set(id, { account, at: null });
      this.note(account, limits);
      this.note(account, this.policy.afterUse(limits));
    }
    return { says: decision.charge, until: null };
  }

  answer(n: number, outcome: string, at: number, said: readonly Said[], now: number): void {
    const message = this.messages[n];
    if (message === undefined) {
      return;
    }
    const place = this.places.get(n);
    if ((outcome === 'taken' || outcome === 'unknown') && place !== undefined) {
      place.at = at;
    }
    for (let times = outcome === 'refused' ? 1 : outcome === 'refused-twice' ? 2 : 0; times > 0; times -= 1) {
      this.giveBack(n, message);
    }
    const time = outcome === 'taken' ? at : now;
    const limits = said.map(({ of, limit, remaining, resetInMs }) => ({ of, limit, remaining, resetsAt: time + resetInMs }));
    const answer = { limits, isRefused: outcome === '429', charge: message.charge, at: time };
    const corrections = [...this.policy.correctionsOf(this.world.limits, answer)];
    for (const whose of ['app', message.account]) {
      const about = corrections.filter(([name]) => (this.policy.scopeOf({ name }) === 'app') === (whose === 'app'));
      this.corrections.set(whose, this.policy.mergeCorrections(this.corrections.get(whose) ?? {}, about, now));
    }
    const { account, app } = this.policy.stopsOf(this.world.limits, answer);
    this.stops.push({ whose: message.account, stops: account }, { whose: 'app', stops: app });
  }

  stoppedUntil(account: string, isCounted: boolean, now: number): number | null {
    const untils = this.stops
      .filter(({ whose }) => whose === 'app' || whose === account)
      .flatMap(({ stops: { all, counted } }) => [all ?? 0, isCounted ? (counted ?? 0) : 0])
      .filter((until) => until > now);
    return untils.length === 0 ? null : Math.max(...untils);
  }

  limits(account: string, now: number): LimitState[] {
    return this.world.limits.map((rule) => {
      const isApp = this.policy.scopeOf(rule) === 'app';
      const all = [...this.places.values()].filter((place) => isApp || place.account === account);
      const uses = all.filter(({ at }) => at === null || at > now - rule.windowMs);
      const times = uses.map(({ at }) => at ?? Infinity);
      const oldest = Math.min(Infinity, ...times);
      const correction = this.corrections.get(isApp ? 'app' : account)?.[rule.name] ?? null;
      const state = this.policy.toLimitState(
        {
          rule,
          used: uses.length,
          oldestUseAt: oldest === Infinity ? null : oldest,
          correction,
          usedSinceCorrection: correction === null ? 0 : all.filter(({ at }) => at === null || at > correction.observedAt).length,
        },
        now,
      );
      return isApp ? { ...state, available: this.availableOf(account, state, uses) } : state;
    });
  }

  lines(account: string, now: number): LimitLine[] {
    return this.limits(account, now).map(({ windowMs: _, ...line }) => line);
  }

  private availableOf(account: string, state: LimitState, uses: readonly Place[]): number {
    const dayLimit = this.world.limits.find(({ name }) => name === 'account-24h')?.limit ?? 0;
    const channels = ACCOUNTS.map((accountId, index) => ({
      accountId,
      share: this.world.shares[index] ?? null,
      used: uses.filter((use) => use.account === accountId).length,
    }));
    return this.policy.availableToChannel(state.remaining, account, this.policy.unusedShares(channels, state.remaining, dayLimit));
  }

  private giveBack(n: number, message: Message): void {
    const before = this.window(message.account, message.person);
    // A message has its charge once: the second time there is nothing to give back.
    const after = this.policy.giveBackReply(before, message.chargedWindow);
    message.chargedWindow = null;
    if (after !== null) {
      this.windows.set(`${message.account} ${message.person}`, after);
    }
    this.places.delete(n);
  }

  private note(account: string, states: readonly LimitState[]): void {
    for (const state of states) {
      const whose = this.policy.scopeOf(state) === 'app' ? 'app' : account;
      const level = this.policy.levelOf(state);
      const { told, isNews } = this.policy.noticeOf(this.told.get(`${whose} ${state.name}`) ?? 'ok', level);
      this.told.set(`${whose} ${state.name}`, told);
      if (isNews) {
        this.notices.push(`${whose} ${state.name} ${level}`);
      }
    }
  }
}
