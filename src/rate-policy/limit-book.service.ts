import { Injectable } from '@nestjs/common';
import { type EntityManager, In, LessThan } from 'typeorm';
import type { Channel } from '../channels/channel.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { lockedForUpdate } from '../database/row-lock.service.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { type AppChannel, availableToChannel, unusedShares } from './fair-share.js';
import { type LimitCorrection, type LimitRule, type LimitState, toLimitState } from './limit.js';
import { isStricter, scopeOf } from './limit-headers.js';
import { LimitSubjectEntity } from './limit-subject.entity.js';
import { LimitUseEntity, NOT_YET } from './limit-use.entity.js';
import { RatePolicy } from './rate-policy.service.js';

/** A channel and those that share its app's limits, itself among them. */
export interface LimitParties {
  channel: Channel;
  ofApp: readonly Pick<Channel, 'id' | 'team' | 'accountId' | 'policy'>[];
}

/** The limits of one channel as they stand at one moment, and what X said of them. */
export interface OpenLimits {
  parties: LimitParties;
  account: LimitSubjectEntity;
  app: LimitSubjectEntity;
  states: readonly LimitState[];
}

/** The log of what counts towards X's limits, and how they stand. */
@Injectable()
export class LimitBook {
  constructor(
    private readonly directory: ChannelDirectory,
    private readonly unitOfWork: UnitOfWork,
    private readonly ratePolicy: RatePolicy,
    private readonly clock: Clock,
  ) {}

  /** Read before a unit of work: in one, a second connection may have to be waited for without end. */
  async partiesOf(channel: Channel): Promise<LimitParties> {
    return { channel, ofApp: await this.directory.listOfApp(channel.appFingerprint) };
  }

  /** A look that binds nobody. */
  async read(manager: EntityManager, parties: LimitParties): Promise<OpenLimits> {
    const [account, app] = await this.subjectsOf(manager, parties, false);
    return this.open(manager, parties, account, app);
  }

  /** The same, and nobody else takes a place in these limits until the unit of work ends. */
  async lock(parties: LimitParties): Promise<OpenLimits> {
    return this.unitOfWork.run(async (manager) => {
      const [account, app] = await this.subjectsOf(manager, parties, true);
      return this.open(manager, parties, account, app);
    });
  }

  async readSubjects(manager: EntityManager, parties: LimitParties): Promise<Pick<OpenLimits, 'account' | 'app'>> {
    const [account, app] = await this.subjectsOf(manager, parties, false);
    return { account, app };
  }

  /** The rows of account and app, ours until the unit of work ends. */
  async lockSubjects(parties: LimitParties): Promise<Pick<OpenLimits, 'account' | 'app'>> {
    return this.unitOfWork.run(async (manager) => {
      const [account, app] = await this.subjectsOf(manager, parties, true);
      return { account, app };
    });
  }

  /** Of the account's or the app's uses, how many count after `since`, those with no time of X's yet only when they are on their way. */
  async countSentSince(manager: EntityManager, subject: LimitSubjectEntity, since: Instant, exceptMessageId: string): Promise<number> {
    return this.usesOf(manager, subject, since)
      .andWhere('(use.countedAt < :notYet OR use.beganAt IS NOT NULL)', { notYet: NOT_YET })
      .andWhere('use.messageId <> :exceptMessageId', { exceptMessageId })
      .getCount();
  }

  /** Removes uses that no window reaches any more. Returns how many. */
  async forgetOld(): Promise<number> {
    // Twice as long as needed: the clock may be set back.
    const until = this.clock.now() - 2 * this.ratePolicy.longestLimitMs;
    const removed = await this.unitOfWork.run((manager) => manager.delete(LimitUseEntity, { countedAt: LessThan(until) }));
    return removed.affected ?? 0;
  }

  private async open(manager: EntityManager, parties: LimitParties, account: LimitSubjectEntity, app: LimitSubjectEntity): Promise<OpenLimits> {
    const now = this.clock.now();
    const rules = this.ratePolicy.limitRules(parties.channel.messagesApi);
    const states: LimitState[] = [];
    for (const rule of rules) {
      const subject = scopeOf(rule) === 'app' ? app : account;
      const uses = await this.countByAccount(manager, subject, now - rule.windowMs);
      const state = await this.stateOf(manager, subject, rule, uses, now);
      states.push(subject === account ? state : withShare(state, parties, uses, accountLimitOf(rules, rule)));
    }
    return { parties, account, app, states };
  }

  private async stateOf(manager: EntityManager, subject: LimitSubjectEntity, rule: LimitRule, uses: readonly AccountUses[], now: Instant): Promise<LimitState> {
    const correction = currentCorrection(subject, rule, now);
    const oldest = Math.min(...uses.map((use) => use.oldestAt));
    const facts = {
      rule,
      used: uses.reduce((sum, { used }) => sum + used, 0),
      oldestUseAt: oldest < NOT_YET ? oldest : null,
      correction,
      usedSinceCorrection: correction === null ? 0 : await this.usesOf(manager, subject, correction.observedAt).getCount(),
    };
    return toLimitState(facts, now);
  }

  private async countByAccount(manager: EntityManager, subject: LimitSubjectEntity, since: Instant): Promise<AccountUses[]> {
    const rows = await this.usesOf(manager, subject, since)
      .select('use.accountId', 'accountId')
      .addSelect('COUNT(*)', 'used')
      .addSelect('MIN(use.countedAt)', 'oldestAt')
      .groupBy('use.accountId')
      .getRawMany<Record<'accountId' | 'used' | 'oldestAt', string>>();
    // PostgreSQL hands counts out as text.
    return rows.map(({ accountId, used, oldestAt }) => ({ accountId, used: Number(used), oldestAt: Number(oldestAt) }));
  }

  private usesOf(manager: EntityManager, subject: LimitSubjectEntity, since: Instant) {
    const [kind, id] = splitSubjectId(subject.id);
    return manager
      .createQueryBuilder(LimitUseEntity, 'use')
      .where(kind === 'app' ? 'use.appFingerprint = :id' : 'use.accountId = :id', { id })
      .andWhere('use.countedAt > :since', { since });
  }

  /** Both rows, the app's locked first by everyone: two that wait for each other would wait for ever. */
  private async subjectsOf(manager: EntityManager, { channel }: LimitParties, isLocked: boolean): Promise<[LimitSubjectEntity, LimitSubjectEntity]> {
    const ids = { app: `app:${channel.appFingerprint}`, account: `account:${channel.accountId}` };
    const made = [newSubject(ids.app, channel), newSubject(ids.account, channel)] as const;
    if (!isLocked) {
      const found = await manager.findBy(LimitSubjectEntity, { id: In(Object.values(ids)) });
      return [found.find(({ id }) => id === ids.account) ?? made[1], found.find(({ id }) => id === ids.app) ?? made[0]];
    }
    const find = { where: { id: In(Object.values(ids)) }, order: { id: 'DESC' as const }, ...lockedForUpdate<LimitSubjectEntity>(manager) };
    const found = await manager.find(LimitSubjectEntity, find);
    const [app, account] = found.length === 2 ? (found as [LimitSubjectEntity, LimitSubjectEntity]) : [await this.lockSubject(manager, made[0]), await this.lockSubject(manager, made[1])];
    if (account.appFingerprint !== channel.appFingerprint) {
      account.appFingerprint = channel.appFingerprint;
      await manager.update(LimitSubjectEntity, { id: account.id }, { appFingerprint: account.appFingerprint });
    }
    return [account, app];
  }

  private async lockSubject(manager: EntityManager, made: LimitSubjectEntity): Promise<LimitSubjectEntity> {
    const find = { where: { id: made.id }, ...lockedForUpdate<LimitSubjectEntity>(manager) };
    const found = await manager.findOne(LimitSubjectEntity, find);
    if (found !== null) {
      return found;
    }
    // Two that make the same one at once: one row stays, and both go on with it.
    await manager.createQueryBuilder().insert().into(LimitSubjectEntity).values(made).orIgnore().updateEntity(false).execute();
    return (await manager.findOne(LimitSubjectEntity, find)) ?? made;
  }
}

interface AccountUses {
  accountId: string;
  used: number;
  oldestAt: Instant;
}

/** What X said of the limit, where that is stricter than the policy. */
export function currentCorrection(subject: LimitSubjectEntity, rule: LimitRule, now: Instant): LimitCorrection | null {
  const correction = subject.corrections[rule.name];
  return correction === undefined || now >= correction.resetsAt || !isStricter(correction, rule) ? null : correction;
}

/** The app's limit as this channel may use it. Accounts that are no channels any more have used some of it and are kept nothing. */
function withShare(state: LimitState, { channel, ofApp }: LimitParties, uses: readonly AccountUses[], accountLimit: number): LimitState {
  const channels: AppChannel[] = ofApp.map(({ accountId, policy }) => ({
    accountId,
    share: policy.appShare ?? null,
    used: uses.find((use) => use.accountId === accountId)?.used ?? 0,
  }));
  const unused = unusedShares(channels, state.remaining, accountLimit);
  return { ...state, available: availableToChannel(state.remaining, channel.accountId, unused) };
}

function accountLimitOf(rules: readonly LimitRule[], appRule: LimitRule): number {
  return rules.find((rule) => scopeOf(rule) === 'account' && rule.windowMs === appRule.windowMs)?.limit ?? appRule.limit;
}

function newSubject(id: string, { appFingerprint }: Channel): LimitSubjectEntity {
  return Object.assign(new LimitSubjectEntity(), {
    id,
    appFingerprint,
    corrections: {},
    told: {},
    stopUntil: null,
    countedStopUntil: null,
    stopProbe: null,
    releaseAt: null,
  } satisfies LimitSubjectEntity);
}

function splitSubjectId(id: string): [kind: string, id: string] {
  const at = id.indexOf(':');
  return [id.slice(0, at), id.slice(at + 1)];
}
