import { ACCOUNTS, DAY_MS, type Said, type World } from './history.js';

/** What a send comes to: `reply`, `rate-limit`, or why it does not leave. */
export interface Verdict {
  says: string;
  until: number | null;
}

export interface LimitLine {
  name: string;
  limit: number;
  used: number;
  remaining: number;
  available: number;
  resetsAt: number | null;
  source: string;
}

interface Sent {
  account: string;
  person: string;
  /** The inbound message whose window it uses, by that window's start; null when it counts towards the limits. */
  freeOf: number | null;
  /** X's time of it; null while it is on its way. */
  at: number | null;
  isGone: boolean;
}

interface Word {
  /** Account, or `app`. */
  whose: string;
  name: string;
  limit: number | null;
  left: number;
  /** X's time of what it answered, and our time when it did. */
  heardAt: number;
  saidAt: number;
  until: number;
}

/** Longer than this ahead no reset of X's is believed. */
const FARTHEST = DAY_MS + 5 * 60_000;

/**
 * The rule as contract §5 and §7 word it: a list of all that happened, from which every answer is worked out anew.
 * Shares no code with the service.
 */
export class ReferenceModel {
  private readonly heard: { account: string; person: string; opens: number }[] = [];
  private readonly sends: Sent[] = [];
  private readonly words: Word[] = [];
  private readonly stops: { whose: string; until: number; isAll: boolean }[] = [];

  constructor(private readonly world: World) {}

  inbound(account: string, person: string, at: number, now: number): void {
    this.heard.push({ account, person, opens: at > now ? now : at });
  }

  /** The start of the newest window, and how many of its replies are used. */
  window(account: string, person: string): { openedAt: number; used: number } | null {
    const starts = this.heard.filter((one) => one.account === account && one.person === person).map(({ opens }) => opens);
    if (starts.length === 0) {
      return null;
    }
    const openedAt = starts.reduce((a, b) => (a > b ? a : b));
    const used = this.sends.filter((one) => one.account === account && one.person === person && one.freeOf === openedAt && !one.isGone).length;
    return { openedAt, used };
  }

  send(account: string, person: string, beyond: string, permission: string, isBehind: boolean, now: number): Verdict {
    const window = this.window(account, person);
    const isInside = window !== null && now - window.openedAt < this.world.windowMs;
    const left = isInside ? this.world.allotment - window.used : 0;
    if (left > 0 && window !== null) {
      this.sends.push({ account, person, freeOf: window.openedAt, at: null, isGone: false });
      return { says: 'reply', until: null };
    }
    const why = isInside ? 'allotment-used' : 'window-closed';
    if (beyond !== 'count') {
      return { says: `${beyond} ${why}`, until: null };
    }
    if (window === null && permission !== 'allowed') {
      return { says: permission === 'ask' ? 'ask' : 'refuse cannot-start-conversation', until: null };
    }
    const lines = this.limits(account, now);
    const full = lines.filter(({ available }) => available <= 0);
    if (full.length > 0 || isBehind) {
      const resets = full.flatMap(({ resetsAt }) => (resetsAt === null ? [] : [resetsAt])).sort((a, b) => a - b);
      return { says: 'hold rate-limit', until: full.length === 0 ? now : (resets.at(-1) ?? null) };
    }
    this.sends.push({ account, person, freeOf: null, at: null, isGone: false });
    return { says: 'rate-limit', until: null };
  }

  /** `n` counts the messages that were let go. */
  answer(n: number, outcome: string, at: number, said: readonly Said[], now: number): void {
    const sent = this.sends[n];
    if (sent === undefined) {
      return;
    }
    if (outcome === 'taken' || outcome === 'unknown') {
      sent.at = at;
    } else if (outcome !== '429') {
      sent.isGone = true;
    }
    const time = outcome === 'taken' ? at : now;
    this.hear(sent, said, time, outcome === '429', now);
  }

  limits(account: string, now: number): LimitLine[] {
    return this.world.limits.map((rule) => {
      const isApp = rule.name === 'app-24h';
      const ofWhom = this.sends.filter((one) => one.freeOf === null && !one.isGone && (isApp || one.account === account));
      const inside = ofWhom.filter(({ at }) => at === null || now - at < rule.windowMs);
      const times = inside.flatMap(({ at }) => (at === null ? [] : [at])).sort((a, b) => a - b);
      const own = { limit: rule.limit, used: inside.length, remaining: Math.max(0, rule.limit - inside.length) };
      const first = times[0];
      let line: LimitLine = { name: rule.name, ...own, available: own.remaining, resetsAt: first === undefined ? null : first + rule.windowMs, source: 'policy' };
      const word = this.wordOn(isApp ? 'app' : account, rule.name, now);
      if (word !== null) {
        const since = ofWhom.filter(({ at }) => at === null || at > word.heardAt).length;
        const limit = word.limit !== null && word.limit < rule.limit ? word.limit : rule.limit;
        const remaining = Math.max(0, Math.min(limit - inside.length, word.left - since));
        if (limit < own.limit || remaining < own.remaining) {
          line = { ...line, limit, used: limit - remaining, remaining, available: remaining, resetsAt: word.until, source: 'x' };
        }
      }
      return isApp ? { ...line, available: this.mayUse(account, line, rule.windowMs, now) } : line;
    });
  }

  /** Until when an account may send nothing of the kind; null when it may. */
  stoppedUntil(account: string, isCounted: boolean, now: number): number | null {
    const untils = this.stops.filter(({ whose, until, isAll }) => (whose === account || whose === 'app') && until > now && (isAll || isCounted)).map(({ until }) => until);
    return untils.length === 0 ? null : untils.sort((a, b) => b - a)[0] ?? null;
  }

  /** When X's newest word on a limit of the account's ends, for whoever wants to wait for it. */
  resetOf(account: string, now: number): number | null {
    const words = this.world.limits.map(({ name }) => this.wordOn(name === 'app-24h' ? 'app' : account, name, now));
    return words.find((word) => word !== null)?.until ?? null;
  }

  private hear(sent: Sent, said: readonly Said[], time: number, isRefused: boolean, now: number): void {
    const told = new Map<string, Word>();
    for (const { of, limit, remaining, resetInMs } of said) {
      const name = of === 'endpoint' ? (this.world.limits[0]?.name ?? '') : of;
      const whose = name === 'app-24h' ? 'app' : sent.account;
      const known = told.get(name);
      const isForeignWindow = of === 'endpoint' && name === 'account-24h';
      if (known === undefined || remaining < known.left) {
        told.set(name, { whose, name, limit: isForeignWindow ? null : limit, left: remaining, heardAt: time, saidAt: now, until: time + Math.min(resetInMs, FARTHEST) });
      }
    }
    this.words.push(...told.values());
    const nothingLeft = said.filter(({ remaining, resetInMs }) => remaining === 0 && resetInMs > 0);
    const isPuzzling = isRefused && (nothingLeft.length === 0 || sent.freeOf !== null);
    const countsCalls = this.world.limits.some(({ name }) => name === 'account-15m');
    for (const { of, resetInMs } of nothingLeft) {
      const whose = of === 'app-24h' ? 'app' : sent.account;
      this.stops.push({ whose, until: time + Math.min(resetInMs, FARTHEST), isAll: isPuzzling || (of === 'endpoint' && countsCalls) });
    }
    if (isRefused && nothingLeft.length === 0) {
      this.stops.push({ whose: sent.account, until: time + 15 * 60_000, isAll: true });
    }
  }

  /** The newest that X said of it, unless its reset is over. Of what it said at one time, the stricter. */
  private wordOn(whose: string, name: string, now: number): Word | null {
    let holds: Word | null = null;
    for (const word of this.words.filter((one) => one.whose === whose && one.name === name && one.until > one.saidAt)) {
      const isOver: boolean = holds === null || holds.until <= word.saidAt;
      const isStricter: boolean = holds !== null && (word.left < holds.left || (word.left === holds.left && word.until > holds.until));
      if (isOver || holds === null || word.heardAt > holds.heardAt || (word.heardAt === holds.heardAt && isStricter)) {
        holds = word;
      }
    }
    return holds !== null && holds.until > now ? holds : null;
  }

  /** Of what is left of the app's limit, all but what the others are still sure of. */
  private mayUse(account: string, line: LimitLine, windowMs: number, now: number): number {
    const accounts = ACCOUNTS.map((name, index) => ({
      name,
      share: this.world.shares[index] ?? null,
      used: this.sends.filter((one) => one.freeOf === null && !one.isGone && one.account === name && (one.at === null || now - one.at < windowMs)).length,
    }));
    const named = accounts.reduce((sum, { share }) => sum + (share ?? 0), 0);
    const silent = accounts.filter(({ share }) => share === null).length;
    const parts = accounts.map(({ share }) => share ?? Math.max(0, 1 - named) / silent);
    const all = line.remaining + accounts.reduce((sum, { used }) => sum + used, 0);
    const dayLimit = this.world.limits.find(({ name }) => name === 'account-24h')?.limit ?? 0;
    const sure = this.divide(accounts.map(({ used }, index) => ({ index, used, part: parts[index] ?? 0 })), all, all, dayLimit);
    const ofOthers = accounts.map(({ name, used }, index) => (name === account ? 0 : Math.max(0, (sure.get(index) ?? 0) - used)));
    return Math.max(0, line.remaining - ofOthers.reduce((a, b) => a + b, 0));
  }

  /** Who has used more than its share keeps what it has; the rest is divided among the others in the same way. */
  private divide(sharers: readonly { index: number; used: number; part: number }[], pool: number, all: number, most: number): Map<number, number> {
    const weight = sharers.reduce((sum, { part }) => sum + part, 0);
    const shares = new Map(sharers.map(({ index, part }) => [index, weight === 0 ? 0 : Math.min(Math.floor((pool * part) / weight), Math.floor(all * part), most)]));
    const within = sharers.filter(({ index, used }) => used <= (shares.get(index) ?? 0));
    const taken = sharers.filter((one) => !within.includes(one)).reduce((sum, { used }) => sum + used, 0);
    return within.length === sharers.length ? shares : this.divide(within, pool - taken, all, most);
  }
}
