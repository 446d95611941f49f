import type { Ambient } from '../ambient.service.js';
import type { DeliveryService } from '../delivery/delivery.service.js';
import { relationActivity, revokeActivity, type RelationChange } from '../events/activity-envelope.js';
import { xaaRelation, xaaRevoke } from '../events/xaa-envelope.js';
import { account as makeAccount, bearerTokenOf, SEED_APP } from '../seeds.js';
import type { Account, App, Grant } from '../world/model.js';
import type { World } from '../world/world.service.js';
import type { ChangeFeed } from './change-feed.service.js';
import type { AccountPatch, AppBody, AppPatch, BrandBody, GrantBody, ParticipantBody } from './control.dto.js';
import { ControlError } from './control-error.js';

/** Who is on this X, with which tokens, and who follows or blocks whom. */
export class PeopleService {
  constructor(
    private readonly world: World,
    private readonly delivery: DeliveryService,
    private readonly feed: ChangeFeed,
    private readonly ambient: Ambient,
  ) {}

  getAccount(id: string, role?: Account['role']): Account {
    const account = this.world.accounts.get(id);
    if (account === undefined || (role !== undefined && account.role !== role)) {
      throw new ControlError(404, `No ${role ?? 'account'} ${id}`);
    }
    return account;
  }

  addApp(body: AppBody): App {
    if (this.world.findAppByKey(body.consumerKey) !== null) throw new ControlError(409, 'An app has this consumer key');
    const id = this.newId();
    const about = { url: 'https://app.example', accountName: body.name, bearerToken: bearerTokenOf(body.consumerKey), ownerId: null, callbackUrls: null, clientSecret: null };
    const app: App = { id, ...about, ...body };
    this.world.apps.set(id, app);
    return app;
  }

  patchApp(id: string, patch: AppPatch): App {
    const app = this.world.apps.get(id);
    if (app === undefined) throw new ControlError(404, `No app ${id}`);
    return Object.assign(app, patch);
  }

  addBrand({ id, name, screenName, ...grant }: BrandBody): { account: Account; grant: Grant } {
    const account = this.add('brand', id, name, screenName, {});
    return { account, grant: this.authorize(account.id, grant) };
  }

  addParticipant({ id, name, screenName, receivesFrom, follows }: ParticipantBody): Account {
    const account = this.add('participant', id, name, screenName, receivesFrom === undefined ? {} : { receivesFrom });
    for (const brandId of follows ?? []) this.world.setFollowing(account.id, brandId, true);
    return account;
  }

  patchAccount(id: string, { accessLevel, ...traits }: AccountPatch): Account {
    const account = Object.assign(this.getAccount(id), traits);
    if (accessLevel !== undefined) for (const grant of this.world.listGrants(id)) grant.accessLevel = accessLevel;
    this.feed.publish({ type: 'account' });
    return account;
  }

  /** New tokens for an account; those it had before stay as they are. */
  authorize(accountId: string, body: GrantBody): Grant {
    const appId = body.appId ?? SEED_APP.id;
    if (!this.world.apps.has(appId)) throw new ControlError(404, `No app ${appId}`);
    this.getAccount(accountId, 'brand');
    const token = body.accessToken ?? `${accountId}-${this.ambient.randomBytes(15).toString('base64url')}`;
    const existing = this.world.grants.get(token);
    if (existing !== undefined && existing.accountId !== accountId) throw new ControlError(409, 'Another account has this token');
    const tokenSecret = body.accessTokenSecret ?? this.ambient.randomBytes(24).toString('base64url');
    const accessLevel = body.accessLevel ?? 'read-write-directmessages';
    const grant: Grant = { appId, accountId, token, tokenSecret, accessLevel, isRevoked: false };
    this.world.grants.set(token, grant);
    this.feed.publish({ type: 'account', brand: accountId });
    return grant;
  }

  /** The account takes every app's access away: X tells their webhooks, ends the subscriptions, and answers 89 from now on. */
  async revoke(accountId: string): Promise<void> {
    this.getAccount(accountId, 'brand');
    const targets = this.delivery.listRevokeTargets(accountId);
    this.world.removeSubscriptionsOf(accountId);
    for (const grant of this.world.listGrants(accountId)) grant.isRevoked = true;
    this.feed.publish({ type: 'account', brand: accountId });
    const at = this.ambient.now();
    const about = { kind: 'revoke', forUserId: null, participantId: null, eventId: null };
    await Promise.all(
      targets.map((target) => {
        const { appId } = target.webhook;
        return this.delivery.deliver({ ...about, body: revokeActivity(at, appId, accountId), xaa: xaaRevoke(at, appId, accountId) }, [target]);
      }),
    );
  }

  /** X tells a brand who follows and unfollows it and whom it blocks itself, but not who blocks it. */
  async relate(change: RelationChange, sourceId: string, targetId: string): Promise<void> {
    const [source, target] = [this.getAccount(sourceId), this.getAccount(targetId)];
    const isOn = change === 'follow' || change === 'block';
    const isFollow = change === 'follow' || change === 'unfollow';
    const hasChanged = isFollow
      ? this.world.setFollowing(sourceId, targetId, isOn)
      : this.world.setBlocking(sourceId, targetId, isOn);
    if (change === 'block') this.world.setFollowing(targetId, sourceId, false);
    if (!hasChanged) return;
    this.feed.publish({ type: 'relation', brand: targetId, participant: sourceId });
    const forUserId = isFollow ? targetId : sourceId;
    const participantId = isFollow ? sourceId : targetId;
    const body = relationActivity(this.ambient.now(), change, forUserId, source, target);
    await this.delivery.tell({ kind: change, forUserId, participantId, eventId: null, body, xaa: xaaRelation(change, source, target) });
  }

  private add(role: Account['role'], wantedId: string | undefined, name: string, screenName: string, traits: Partial<Account>): Account {
    const id = wantedId ?? this.newId();
    if (this.world.accounts.has(id) || this.world.findAccountByName(screenName) !== null) {
      throw new ControlError(409, `There is an account ${id} or @${screenName} already`);
    }
    const account = makeAccount(role, id, name, screenName, this.ambient.now(), traits);
    this.world.accounts.set(id, account);
    this.feed.publish({ type: 'account' });
    return account;
  }

  private newId(): string {
    return this.world.snowflakes.create(this.ambient.now());
  }
}
