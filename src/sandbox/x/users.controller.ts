import { ownUser, restUser } from '../events/user-objects.js';
import { jsonAnswer, readParams, type Answer } from '../wire/exchange.js';
import { findParam, type Params } from '../wire/form-params.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import type { Account } from '../world/model.js';
import type { World } from '../world/world.service.js';
import { permissionToSend } from './send.service.js';
import { refuse } from './x-error.js';
import { userOf, type XCall, type XRoute } from './x-route.js';

const MAX_LOOKUP = 100;

/** Who is who, and who may write to whom. */
export class UsersController {
  constructor(private readonly world: World) {}

  routes(): XRoute[] {
    const users = { fault: 'users', family: 'users', access: 'user-or-app' } as const;
    return [
      {
        method: 'GET',
        path: '/1.1/account/verify_credentials.json',
        fault: 'verify',
        family: 'verify',
        access: 'user',
        answer: (call) => this.verify(call),
      },
      {
        method: 'GET',
        path: '/1.1/account/settings.json',
        fault: 'settings',
        family: 'settings',
        access: 'user',
        answer: (call) => this.settings(call),
      },
      { ...users, method: 'GET', path: '/1.1/users/show.json', answer: (call) => this.show(call) },
      { ...users, method: 'GET', path: '/1.1/users/lookup.json', answer: (call) => this.lookup(call) },
      { ...users, method: 'POST', path: '/1.1/users/lookup.json', answer: (call) => this.lookup(call) },
      {
        method: 'GET',
        path: '/1.1/friendships/show.json',
        fault: 'friendships',
        family: 'friendships',
        access: 'user',
        answer: (call) => this.showFriendship(call),
      },
    ];
  }

  private verify(call: XCall): Answer {
    const { account } = userOf(call);
    return account.isSuspended ? refuse('senderSuspended') : jsonAnswer(200, writeJson(ownUser(account)));
  }

  /** The few of an account's settings that concern direct messages. */
  private settings(call: XCall): Answer {
    const { screenName, isProtected, receivesFrom } = userOf(call).account;
    const settings = { screen_name: screenName, protected: isProtected, language: 'en', allow_dms_from: receivesFrom === 'anyone' ? 'all' : 'following' };
    return jsonAnswer(200, writeJson(settings));
  }

  private show({ request }: XCall): Answer {
    const account = this.find(readParams(request), 'user_id', 'screen_name') ?? refuse('noSuchUser');
    if (account.isSuspended) refuse('userSuspended');
    return jsonAnswer(200, writeJson(restUser(account)));
  }

  private lookup({ request }: XCall): Answer {
    const params = readParams(request);
    const listed = (name: string): string[] => (findParam(params, name) ?? '').split(',').filter((value) => value !== '');
    const found = [
      ...listed('user_id').map((id) => this.world.accounts.get(id)),
      ...listed('screen_name').map((name) => this.world.findAccountByName(name)),
    ].filter((account) => account !== null && account !== undefined && !account.isSuspended) as Account[];
    if (found.length === 0) refuse('noUserMatches');
    return jsonAnswer(200, writeJson(found.slice(0, MAX_LOOKUP).map(restUser)));
  }

  private showFriendship(call: XCall): Answer {
    const params = readParams(call.request);
    const source = this.find(params, 'source_id', 'source_screen_name') ?? userOf(call).account;
    const target = this.find(params, 'target_id', 'target_screen_name') ?? refuse('noSuchUser');
    return jsonAnswer(200, writeJson({ relationship: { source: this.sourceSide(source, target), target: this.targetSide(source, target) } }));
  }

  private sourceSide(source: Account, target: Account): JsonValue {
    return {
      id: BigInt(source.id),
      id_str: source.id,
      screen_name: source.screenName,
      following: this.world.isFollowing(source.id, target.id),
      followed_by: this.world.isFollowing(target.id, source.id),
      live_following: false,
      following_received: false,
      following_requested: false,
      notifications_enabled: false,
      can_dm: permissionToSend(this.world, source, target) === 'allowed',
      can_media_tag: true,
      blocking: this.world.isBlocking(source.id, target.id),
      blocked_by: this.world.isBlocking(target.id, source.id),
      muting: false,
      want_retweets: false,
      all_replies: false,
      marked_spam: false,
    };
  }

  private targetSide(source: Account, target: Account): JsonValue {
    return {
      id: BigInt(target.id),
      id_str: target.id,
      screen_name: target.screenName,
      following: this.world.isFollowing(target.id, source.id),
      followed_by: this.world.isFollowing(source.id, target.id),
      following_received: false,
      following_requested: false,
    };
  }

  private find(params: Params, idName: string, screenNameName: string): Account | null {
    const id = findParam(params, idName);
    if (id !== null) return this.world.accounts.get(id) ?? null;
    const screenName = findParam(params, screenNameName);
    return screenName === null ? null : this.world.findAccountByName(screenName);
  }
}
