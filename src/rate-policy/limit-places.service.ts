import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThanOrEqual, MoreThan } from 'typeorm';
import type { Channel } from '../channels/channel.js';
import { lockedForUpdate } from '../database/row-lock.service.js';
import { Reader } from '../database/reader.service.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { MINUTE_MS } from '../kernel/duration.js';
import { afterUse, type LimitState } from './limit.js';
import type { OpenLimits } from './limit-book.service.js';
import { LimitNotices } from './limit-notices.service.js';
import { LimitSubjectEntity } from './limit-subject.entity.js';
import { LimitUseEntity, NOT_YET } from './limit-use.entity.js';
import type { Charge } from './reply-window.js';
import { timeOfSend } from './time-of-send.js';


/** What others of the app give back, or X grants anew, no time on record tells of: nobody waits for longer without a look. */
const LOOK_FOR_PLACE_MS = MINUTE_MS;

/**
 * The places that messages take in X's limits: taken when a message is accepted, counted from X's time when it is sent,
 * given back once when X definitely did not take it. A message has one place at most, and its id is the place's.
 */
@Injectable()
export class LimitPlaces {
  constructor(
    private readonly reader: Reader,
    private readonly notices: LimitNotices,
    private readonly clock: Clock,
  ) {}

  has(manager: EntityManager, messageId: string): Promise<boolean> {
    return manager.existsBy(LimitUseEntity, { messageId });
  }

  /** Takes one; the caller has decided that there is one, under the lock that `open` came with. Returns the limits after it. */
  async take(manager: EntityManager, open: OpenLimits, messageId: string): Promise<readonly LimitState[]> {
    const { accountId, appFingerprint } = open.parties.channel;
    await manager.insert(LimitUseEntity, { messageId, accountId, appFingerprint, countedAt: NOT_YET, beganAt: null });
    const after = afterUse(open.states);
    // First as they were: a limit that has recovered may be low anew.
    await this.notices.note(open, open.states);
    await this.notices.note(open, after);
    return after;
  }

  /** What a sent message counts: from `sentAt` towards the limits, or not at all. */
  async settle(manager: EntityManager, channel: Channel, messageId: string, charge: Charge | null, sentAt: Instant): Promise<void> {
    if (charge !== 'rate-limit') {
      return this.giveBack(manager, messageId);
    }
    if (!(await this.count(manager, messageId, sentAt))) {
      // Accepted as a free reply, and X's time of it is past the window: X has counted it, so it is on record though nobody granted it.
      const { accountId, appFingerprint } = channel;
      const now = this.clock.now();
      await manager.insert(LimitUseEntity, { messageId, accountId, appFingerprint, countedAt: Math.min(now, sentAt), beganAt: now });
    }
  }

  /** A message that X has taken, or may have taken, counts from `sentAt`. False when it has no place. */
  async count(manager: EntityManager, messageId: string, sentAt: Instant): Promise<boolean> {
    const place = await manager.findOneBy(LimitUseEntity, { messageId });
    if (place === null) {
      return false;
    }
    const now = this.clock.now();
    const countedAt = timeOfSend(sentAt, place.beganAt ?? now, now);
    await manager.update(LimitUseEntity, { messageId }, { countedAt });
    return true;
  }

  /** Does nothing when the message has none. Those that wait for a place are looked at. */
  async giveBack(manager: EntityManager, messageId: string): Promise<void> {
    const place = await manager.findOneBy(LimitUseEntity, { messageId });
    const removed = place === null ? null : await manager.delete(LimitUseEntity, { messageId });
    if (place === null || removed?.affected !== 1) {
      return;
    }
    const now = this.clock.now();
    // The lock of these limits first, as everyone does who changes several rows.
    await manager.findOne(LimitSubjectEntity, { where: { id: `app:${place.appFingerprint}` }, ...lockedForUpdate<LimitSubjectEntity>(manager) });
    await manager.update(LimitSubjectEntity, { appFingerprint: place.appFingerprint, releaseAt: MoreThan(now) }, { releaseAt: now });
  }

  /** The message is handed to X now. */
  async begin(manager: EntityManager, messageId: string): Promise<void> {
    await manager.update(LimitUseEntity, { messageId }, { beganAt: this.clock.now() });
  }

  /** X did not take it this time, and it goes on waiting with its place. */
  async putBack(manager: EntityManager, messageId: string): Promise<void> {
    await manager.update(LimitUseEntity, { messageId, countedAt: NOT_YET }, { beganAt: null });
  }

  /** Messages of the account wait for a place; they are looked at by `until`. Called under the lock that `open` came with. */
  async awaitPlace(manager: EntityManager, { account }: Pick<OpenLimits, 'account'>, until: Instant | null): Promise<void> {
    const at = Math.min(until ?? Infinity, this.clock.now() + LOOK_FOR_PLACE_MS);
    if (account.releaseAt === null || account.releaseAt > at) {
      account.releaseAt = at;
      await manager.update(LimitSubjectEntity, { id: account.id }, { releaseAt: at });
    }
  }

  /** Those that waited have been looked at; `next` is when those that still wait are, null when none does. */
  async noteLook(manager: EntityManager, accountId: string, next: { at: Instant | null } | null): Promise<void> {
    const now = this.clock.now();
    const releaseAt = next === null ? null : Math.max(now + 1, Math.min(next.at ?? Infinity, now + LOOK_FOR_PLACE_MS));
    await manager.update(LimitSubjectEntity, { id: `account:${accountId}` }, { releaseAt });
  }

  /** The accounts whose waiting messages are to be looked at now. */
  async listDue(): Promise<string[]> {
    const due = await this.reader
      .repository(LimitSubjectEntity)
      .findBy({ releaseAt: LessThanOrEqual(this.clock.now()) });
    return due.map(({ id }) => id.replace(/^account:/, ''));
  }
}
