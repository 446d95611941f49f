import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { SECOND_MS } from '../kernel/duration.js';
import { levelOf, type LimitCorrection, roomAtX } from './limit.js';
import type { KnownLimits } from './known-limits.service.js';
import { currentCorrection, LimitBook, type LimitParties, type LimitSubjects } from './limit-book.service.js';
import { correctionsOf, type LimitAnswer, mergeCorrections, scopeOf, stopsOf, type XStops } from './limit-headers.js';
import { LimitNotices } from './limit-notices.service.js';
import { LimitSubjectEntity } from './limit-subject.entity.js';
import { RatePolicy } from './rate-policy.service.js';
import type { Charge } from './reply-window.js';

/** How often X's word on a limit with plenty left is kept. */
const KEEP_EVERY_MS = SECOND_MS;
/** So many left last for longer than that, by far. */
const PLENTY = 500;

/** While one message tries whether X takes sends again, the others look again after this. */
const DURING_PROBE_MS = 2 * SECOND_MS;

/**
 * What X's answers mean for the sends after them: its headers correct the limits downwards, and after a 429 or an answer that
 * leaves nothing no send is made before the reset. After a reset one message goes first, and the others when X has taken it.
 */
@Injectable()
export class SendStops {
  constructor(
    private readonly book: LimitBook,
    private readonly notices: LimitNotices,
    private readonly ratePolicy: RatePolicy,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
  ) {}

  /** Until when X is not to be asked to take such a message; null when it is. `id` is null for one that is not accepted yet. */
  stopUntil({ account, app }: LimitSubjects, message: { id: string | null; charge: Charge }): Instant | null {
    const others = [account, app].filter(({ stopProbe }) => stopProbe === null || stopProbe !== message.id);
    const until = Math.max(0, ...others.map((subject) => stopOf(subject, message.charge) ?? 0));
    return until > this.clock.now() ? until : null;
  }

  /** Null: the message may be handed to X now. Otherwise, when to look again. Called in the unit of work that hands it over. */
  async admit(manager: EntityManager, limits: KnownLimits, parties: LimitParties, message: { id: string; charge: Charge }): Promise<Instant | null> {
    const now = this.clock.now();
    if (this.isUnrestrained(await limits.readSubjects(parties), parties, message.charge)) {
      return null;
    }
    limits.forget();
    const { account, app } = await this.book.lockSubjects(parties);
    const stopUntil = this.stopUntil({ account, app }, message);
    if (stopUntil !== null) {
      const isProbed = [account, app].some(({ stopProbe }) => stopProbe !== null);
      return isProbed ? Math.min(stopUntil, now + DURING_PROBE_MS) : stopUntil;
    }
    if (message.charge === 'rate-limit') {
      const fullUntil = await this.findFull(manager, parties, [account, app], message.id);
      if (fullUntil !== null) {
        return fullUntil;
      }
    }
    for (const subject of [app, account]) {
      if (stopOf(subject, message.charge) !== null) {
        const until = now + this.settings.leaseMs;
        await manager.update(LimitSubjectEntity, { id: subject.id }, {
          stopProbe: message.id,
          ...(subject.stopUntil === null ? {} : { stopUntil: until }),
          ...(subject.countedStopUntil === null || message.charge === 'reply' ? {} : { countedStopUntil: until }),
        });
      }
    }
    return null;
  }

  /** What X said with its answer to a send. */
  async learn(limits: KnownLimits, parties: LimitParties, messageId: string, answer: LimitAnswer): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const known = await limits.readSubjects(parties);
      const isProbe = [known.account, known.app].some(({ stopProbe }) => stopProbe === messageId);
      if (answer.limits.length === 0 && !answer.isRefused && !isProbe) {
        return;
      }
      const rules = this.ratePolicy.limitRules(parties.channel.messagesApi);
      const corrections = correctionsOf(rules, answer);
      if (!answer.isRefused && !isProbe && tellsNothingNew(corrections, { ...known.account.corrections, ...known.app.corrections })) {
        return;
      }
      limits.forget();
      const { account, app } = await this.book.lockSubjects(parties);
      const stops = stopsOf(rules, answer);
      for (const subject of [app, account]) {
        const scope = subject === app ? 'app' : 'account';
        await manager.update(LimitSubjectEntity, { id: subject.id }, {
          corrections: mergeCorrections(subject.corrections, [...corrections].filter(([name]) => scopeOf({ name }) === scope), this.clock.now()),
          ...stopColumns(subject, stops[scope], messageId, answer.charge),
        });
      }
      const isScarce = rules.some((rule) => {
        const correction = corrections.get(rule.name);
        return correction !== undefined && levelOf({ limit: correction.limit ?? rule.limit, remaining: correction.remaining }) !== 'ok';
      });
      if (isScarce) {
        const open = await this.book.lock(parties);
        await this.notices.note(open, open.states);
      }
    });
  }

  /** X has said nothing that would restrain such a message, so that nobody has to wait for anybody's lock. */
  private isUnrestrained({ account, app }: LimitSubjects, parties: LimitParties, charge: Charge): boolean {
    const isStopped = stopOf(account, charge) !== null || stopOf(app, charge) !== null;
    const isCorrected = this.ratePolicy
      .limitRules(parties.channel.messagesApi)
      .some((rule) => currentCorrection(scopeOf(rule) === 'app' ? app : account, rule, this.clock.now()) !== null);
    return !isStopped && (charge === 'reply' || !isCorrected);
  }

  /** When X's own count has no room for one more, although our log has a place for it. */
  private async findFull(manager: EntityManager, { channel }: LimitParties, [account, app]: [LimitSubjectEntity, LimitSubjectEntity], messageId: string): Promise<Instant | null> {
    for (const rule of this.ratePolicy.limitRules(channel.messagesApi)) {
      const subject = scopeOf(rule) === 'app' ? app : account;
      const correction = currentCorrection(subject, rule, this.clock.now());
      if (correction !== null) {
        const sent = await this.book.countSentSince(manager, subject, correction.observedAt, messageId);
        if (roomAtX(correction, sent, this.clock.now()) === 0) {
          return correction.resetsAt;
        }
      }
    }
    return null;
  }
}

/**
 * X's word on a limit with plenty left is kept once a second: what is sent in between is counted from the word before, and the row
 * that everybody's sends share need not be written with each.
 */
function tellsNothingNew(said: ReadonlyMap<string, LimitCorrection>, known: Readonly<Record<string, LimitCorrection>>): boolean {
  return [...said].every(([name, { remaining, observedAt }]) => {
    const before = known[name];
    const isRecent = before !== undefined && Math.abs(observedAt - before.observedAt) < KEEP_EVERY_MS;
    return isRecent && remaining >= PLENTY && before.remaining >= PLENTY;
  });
}

/** The end of the stop that such a message is held by, past or to come; null when there is none. */
function stopOf({ stopUntil, countedStopUntil }: LimitSubjectEntity, charge: Charge): Instant | null {
  return charge === 'reply' || countedStopUntil === null ? stopUntil : Math.max(countedStopUntil, stopUntil ?? 0);
}

/** The stops after an answer. That to the message which tried ends those it was held by; of old and new ones the later holds. */
function stopColumns(subject: LimitSubjectEntity, stops: XStops, messageId: string, charge: Charge | null): Partial<LimitSubjectEntity> {
  const isProbe = subject.stopProbe === messageId;
  const before = { all: isProbe ? null : subject.stopUntil, counted: isProbe && charge === 'rate-limit' ? null : subject.countedStopUntil };
  const isStopped = stops.all !== null || stops.counted !== null;
  return {
    stopUntil: laterOf(before.all, stops.all),
    countedStopUntil: laterOf(before.counted, stops.counted),
    ...(isProbe || isStopped ? { stopProbe: null } : {}),
  };
}

function laterOf(one: Instant | null, other: Instant | null): Instant | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}
