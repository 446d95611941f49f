import { Injectable } from '@nestjs/common';
import { type EntityManager, In, LessThan } from 'typeorm';
import type { Channel } from '../channels/channel.js';
import { ChannelDirectory } from '../channels/channel-directory.service.js';
import { findRows } from '../database/rows.service.js';
import { lockedForUpdate } from '../database/row-lock.service.js';
import { deleteInBatches } from '../database/batched-delete.service.js';
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
export interface OpenLimits extends LimitSubjects {
  parties: LimitParties;
  states: readonly LimitState[];
}

/** Whom X limits, with what it said of each. */
export interface LimitSubjects {
  account: LimitSubjectEntity;
  app: LimitSubjectEntity;
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
    return this.open(manager, parties, await this.readSubjects(manager, parties));
  }

  /** The same, and nobody else takes a place in these limits until the unit of work ends. */
  async lock(parties: LimitParties): Promise<OpenLimits> {
    return this.unitOfWork.run(async (manager) => {
      return this.open(manager, parties, await this.lockBoth(manager, parties));
    });
  }

  async readSubjects(manager: EntityManager, parties: LimitParties): Promise<LimitSubjects> {
    const ids = subjectIdsOf(parties);
    return pickSubjects(parties, await findRows(manager, LimitSubjectEntity, [{ id: ids.app }, { id: ids.account }]));
  }

  /** The rows of account and app, ours until the unit of work ends. */
  async lockSubjects(parties: LimitParties): Promise<LimitSubjects> {
    return this.unitOfWork.run((manager) => this.lockBoth(manager, parties));
  }

  /** Of the account's or the app's uses, how many count after `since`, those with no time of X's yet only when they are on their way. */
  async countSentSince(manager: EntityManager, subject: LimitSubjectEntity, since: Instant, exceptMessageId: string): Promise<number> {
    const [kind, id] = splitSubjectId(subject.id);
    return manager
      .createQueryBuilder(LimitUseEntity, 'use')
      .where(kind === 'app' ? 'use.appFingerprint = :id' : 'use.accountId = :id', { id })
      .andWhere('use.countedAt > :since', { since })
      .andWhere('(use.countedAt < :notYet OR use.beganAt IS NOT NULL)', { notYet: NOT_YET })
      .andWhere('use.messageId <> :exceptMessageId', { exceptMessageId })
      .getCount();
  }

  /** Removes uses that no window reaches any more. Returns how many. */
  async forgetOld(): Promise<number> {
    // Twice as long as needed: the clock may be set back.
    const until = this.clock.now() - 2 * this.ratePolicy.longestLimitMs;
    return deleteInBatches(this.unitOfWork, LimitUseEntity, { countedAt: LessThan(until) });
  }

  /** How the limits of these stand. */
  async open(manager: EntityManager, parties: LimitParties, { account, app }: LimitSubjects): Promise<OpenLimits> {
    const now = this.clock.now();
    const rules = this.ratePolicy.limitRules(parties.channel.messagesApi);
    const asked = rules.map((rule) => {
      const subject = scopeOf(rule) === 'app' ? app : account;
      return { rule, subject, correction: currentCorrection(subject, rule, now) };
    });
    const spans = asked.flatMap(({ rule, subject, correction }) => [
      { subject, since: now - rule.windowMs },
      ...(correction === null ? [] : [{ subject, since: correction.observedAt }]),
    ]);
    const counted = await this.countByAccount(manager, spans);
    const states = asked.map(({ rule, subject, correction }) => {
      const uses = counted.shift() ?? [];
      const oldest = Math.min(...uses.map((use) => use.oldestAt));
      const usedSinceCorrection = correction === null ? 0 : totalOf(counted.shift() ?? []);
      const state = toLimitState({ rule, used: totalOf(uses), oldestUseAt: oldest < NOT_YET ? oldest : null, correction, usedSinceCorrection }, now);
      return subject === account ? state : withShare(state, parties, uses, accountLimitOf(rules, rule));
    });
    return { parties, account, app, states };
  }

  /** For each span, who has used how much in it. */
  private async countByAccount(manager: EntityManager, spans: readonly { subject: LimitSubjectEntity; since: Instant }[]): Promise<AccountUses[][]> {
    const parameters: unknown[] = [];
    const statements = spans.map(({ subject, since }, n) => {
      const [kind, id] = splitSubjectId(subject.id);
      parameters.push(id, since);
      return `SELECT ${n} AS span, account_id, COUNT(*) AS used, MIN(counted_at) AS oldest_at FROM limit_uses
        WHERE ${kind === 'app' ? 'app_fingerprint' : 'account_id'} = $${2 * n + 1} AND counted_at > $${2 * n + 2} GROUP BY account_id`;
    });
    const rows = await manager.query<Record<'span' | 'account_id' | 'used' | 'oldest_at', string>[]>(statements.join(' UNION ALL '), parameters);
    // PostgreSQL hands counts out as text.
    const uses = rows.map((row) => ({ span: Number(row.span), accountId: row.account_id, used: Number(row.used), oldestAt: Number(row.oldest_at) }));
    return spans.map((_, n) => uses.filter(({ span }) => span === n));
  }

  /** Both rows, the app's locked first by everyone: two that wait for each other would wait for ever. */
  private async lockBoth(manager: EntityManager, parties: LimitParties): Promise<LimitSubjects> {
    const { channel } = parties;
    const ids = subjectIdsOf(parties);
    const find = { where: { id: In(Object.values(ids)) }, order: { id: 'DESC' as const }, ...lockedForUpdate<LimitSubjectEntity>(manager) };
    const found = await manager.find(LimitSubjectEntity, find);
    const [app, account] =
      found.length === 2
        ? (found as [LimitSubjectEntity, LimitSubjectEntity])
        : [await this.lockSubject(manager, newSubject(ids.app, channel)), await this.lockSubject(manager, newSubject(ids.account, channel))];
    if (account.appFingerprint !== channel.appFingerprint) {
      account.appFingerprint = channel.appFingerprint;
      await manager.update(LimitSubjectEntity, { id: account.id }, { appFingerprint: account.appFingerprint });
    }
    return { account, app };
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

const totalOf = (uses: readonly AccountUses[]): number => uses.reduce((sum, { used }) => sum + used, 0);

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

/** What a unit of work does about several channels, in the order in which everybody locks the limits of several apps, and channels of one. */
export function inOrderOfApps<Item extends { parties: LimitParties | null }>(items: readonly Item[]): Item[] {
  const appOf = ({ parties }: Item): string => `${parties?.channel.appFingerprint ?? ''} ${parties?.channel.id ?? ''}`;
  return [...items].sort((a, b) => (appOf(a) < appOf(b) ? -1 : Number(appOf(a) > appOf(b))));
}

/** The rows of an app and an account. */
export function subjectIdsOf({ channel }: LimitParties): { app: string; account: string } {
  return { app: `app:${channel.appFingerprint}`, account: `account:${channel.accountId}` };
}

/** Theirs among `rows`; of those that are not there yet, X has said nothing. */
export function pickSubjects(parties: LimitParties, rows: readonly LimitSubjectEntity[]): LimitSubjects {
  const ids = subjectIdsOf(parties);
  const find = (id: string): LimitSubjectEntity => rows.find((row) => row.id === id) ?? newSubject(id, parties.channel);
  return { account: find(ids.account), app: find(ids.app) };
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
