import type { ChangeFeed } from '../control/change-feed.service.js';
import { emptyAnswer, jsonAnswer, type Answer } from '../wire/exchange.js';
import { writeJson } from '../wire/json-text.js';
import type { Subscription } from '../world/model.js';
import type { World } from '../world/world.service.js';
import { refuse } from './x-error.js';
import { appOf, pathParam, userOf, type XCall, type XRoute } from './x-route.js';
import { environmentOf } from './webhooks.controller.js';

const ALL = '/1.1/account_activity/all';

/** X's sandbox tier: fifteen subscribed accounts. */
const PROVISIONED_COUNT = 15;

/** Which accounts an app hears of. A subscription hangs on the webhook of its environment. */
export class SubscriptionsController {
  constructor(
    private readonly world: World,
    private readonly feed: ChangeFeed,
  ) {}

  routes(): XRoute[] {
    const own = { path: `${ALL}/:environment/subscriptions.json`, fault: 'subscriptions', family: 'subscriptions', access: 'user', wrongAccess: 'couldNotAuthenticate' } as const;
    const lists = { fault: 'subscription-lists', family: 'subscription-lists', access: 'app', method: 'GET' } as const;
    return [
      { ...own, method: 'POST', answer: (call) => this.subscribe(call) },
      { ...own, method: 'GET', answer: (call) => (this.isSubscribed(call) ? emptyAnswer(204) : refuse('noSuchPage')) },
      { ...own, method: 'DELETE', answer: (call) => this.remove(call, userOf(call).account.id) },
      { ...lists, path: `${ALL}/:environment/subscriptions/list.json`, answer: (call) => this.list(call) },
      { ...lists, path: `${ALL}/subscriptions/count.json`, answer: (call) => this.count(call) },
      {
        method: 'DELETE',
        path: `${ALL}/:environment/subscriptions/:userId.json`,
        fault: 'subscriptions',
        family: 'subscriptions',
        access: 'app',
        answer: (call) => this.remove(call, pathParam(call, 'userId')),
      },
    ];
  }

  private subscribe(call: XCall): Answer {
    const { app, grant, account } = userOf(call);
    const environment = environmentOf(call);
    if (grant.accessLevel !== 'read-write-directmessages') refuse('subscriptionNotPermitted');
    if (this.world.findWebhook(app.id, environment) === null) refuse('noSuchWebhook');
    if (this.isSubscribed(call)) refuse('subscriptionExists');
    if (this.listOf(app.id).length >= PROVISIONED_COUNT) refuse('tooManyResources');
    this.world.addSubscription({ appId: app.id, environment, accountId: account.id });
    this.feed.publish({ type: 'subscription', brand: account.id });
    return emptyAnswer(204);
  }

  private isSubscribed(call: XCall): boolean {
    const { app, account } = userOf(call);
    return this.listOf(app.id, environmentOf(call)).some((one) => one.accountId === account.id);
  }

  private remove(call: XCall, accountId: string): Answer {
    const [appId, environment] = [appOf(call).id, environmentOf(call)];
    const isIt = (one: Subscription): boolean => one.appId === appId && one.environment === environment && one.accountId === accountId;
    if (this.world.removeSubscriptions(isIt) === 0) refuse('noSuchPage');
    this.feed.publish({ type: 'subscription', brand: accountId });
    return emptyAnswer(204);
  }

  private list(call: XCall): Answer {
    const [app, environment] = [appOf(call), environmentOf(call)];
    const subscriptions = this.listOf(app.id, environment).map((one) => ({ user_id: one.accountId }));
    return jsonAnswer(200, writeJson({ environment, application_id: app.id, subscriptions }));
  }

  private count(call: XCall): Answer {
    const app = appOf(call);
    return jsonAnswer(
      200,
      writeJson({
        account_name: app.accountName,
        subscriptions_count: String(this.listOf(app.id).length),
        provisioned_count: String(PROVISIONED_COUNT),
      }),
    );
  }

  private listOf(appId: string, environment?: string): Subscription[] {
    return this.world.listSubscriptions((one) => one.appId === appId && (environment === undefined || one.environment === environment));
  }
}
