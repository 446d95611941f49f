import type { Ambient } from '../ambient.service.js';
import type { DeliveryRecord, Ledger } from '../world/ledger.service.js';
import type { Account, Subscription, Webhook } from '../world/model.js';
import type { RateView } from '../world/rate-window.js';
import type { World } from '../world/world.service.js';
import type { RateLimits } from '../x/rate-limits.service.js';
import type { Fault } from './fault.js';
import type { FaultBook } from './fault-book.service.js';

export interface BrandView {
  id: string;
  name: string;
  screenName: string;
  isSuspended: boolean;
  /** The app that may act for it and how far; no token and no secret. */
  grants: { appId: string; accessLevel: string; isRevoked: boolean }[];
  subscribedIn: string[];
  today: { user: RateView; app: RateView } | null;
}

export interface ParticipantView {
  id: string;
  name: string;
  screenName: string;
  isSuspended: boolean;
  receivesFrom: Account['receivesFrom'];
  follows: string[];
  blocks: string[];
}

export interface StateView {
  now: number;
  apps: { id: string; name: string; environments: readonly string[] }[];
  brands: BrandView[];
  participants: ParticipantView[];
  webhooks: Webhook[];
  subscriptions: Subscription[];
  faults: readonly Fault[];
  lastDelivery: DeliveryRecord | null;
}

/** What there is to see, without any secret. */
export class Overview {
  constructor(
    private readonly world: World,
    private readonly limits: RateLimits,
    private readonly faults: FaultBook,
    private readonly ledger: Ledger,
    private readonly ambient: Ambient,
  ) {}

  state(): StateView {
    return {
      now: this.ambient.now(),
      apps: [...this.world.apps.values()].map(({ id, name, environments }) => ({ id, name, environments })),
      brands: this.brands(),
      participants: this.participants(),
      webhooks: this.webhooks(),
      subscriptions: this.world.listSubscribed(),
      faults: this.faults.list(),
      lastDelivery: this.ledger.deliveries.at(-1) ?? null,
    };
  }

  brands(): BrandView[] {
    return this.accounts('brand').map(({ id, name, screenName, isSuspended }) => {
      const grants = this.world.listGrants(id).map(({ appId, accessLevel, isRevoked }) => ({ appId, accessLevel, isRevoked }));
      const appId = grants.at(-1)?.appId;
      return {
        id,
        name,
        screenName,
        isSuspended,
        grants,
        subscribedIn: this.world.listSubscribed().filter((one) => one.accountId === id).map((one) => one.environment),
        today: appId === undefined ? null : this.limits.viewToday('send', id, appId, this.ambient.now()),
      };
    });
  }

  /** What X greets people with who open a conversation with the brand, and the rules that say so. */
  welcome(brandId: string) {
    const ofBrand = <Kept extends { accountId: string }>(all: ReadonlyMap<string, Kept>): Kept[] => [...all.values()].filter(({ accountId }) => accountId === brandId);
    return { messages: ofBrand(this.world.welcomeMessages), rules: ofBrand(this.world.welcomeRules) };
  }

  participants(): ParticipantView[] {
    const brandIds = this.accounts('brand').map((brand) => brand.id);
    return this.accounts('participant').map(({ id, name, screenName, isSuspended, receivesFrom }) => ({
      id,
      name,
      screenName,
      isSuspended,
      receivesFrom,
      follows: brandIds.filter((brandId) => this.world.isFollowing(id, brandId)),
      blocks: brandIds.filter((brandId) => this.world.isBlocking(id, brandId)),
    }));
  }

  webhooks(): Webhook[] {
    return [...this.world.webhooks.values()];
  }

  private accounts(role: Account['role']): Account[] {
    return [...this.world.accounts.values()].filter((account) => account.role === role);
  }
}
