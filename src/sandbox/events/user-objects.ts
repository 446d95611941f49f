import type { JsonValue } from '../wire/json-text.js';
import type { Account } from '../world/model.js';

/** An entry of an event's `users` map. What is empty is left out, and every number of an id is text. */
export function userEntry(account: Account): JsonValue {
  return {
    id: account.id,
    created_timestamp: String(account.createdAt),
    name: account.name,
    screen_name: account.screenName,
    location: account.location ?? undefined,
    description: account.description ?? undefined,
    url: account.url ?? undefined,
    protected: account.isProtected,
    verified: account.isVerified,
    followers_count: account.followersCount,
    friends_count: account.friendsCount,
    statuses_count: account.statusesCount,
    profile_image_url: avatarUrl('http', account),
    profile_image_url_https: avatarUrl('https', account),
  };
}

/** The user of `users/show` and `users/lookup`, with `id` as a bare 64-bit number. */
export function restUser(account: Account): { readonly [key: string]: JsonValue } {
  return {
    id: BigInt(account.id),
    id_str: account.id,
    name: account.name,
    screen_name: account.screenName,
    location: account.location ?? '',
    url: account.url,
    description: account.description ?? '',
    translator_type: 'none',
    protected: account.isProtected,
    verified: account.isVerified,
    followers_count: account.followersCount,
    friends_count: account.friendsCount,
    listed_count: 0,
    favourites_count: account.favouritesCount,
    statuses_count: account.statusesCount,
    created_at: legacyDate(account.createdAt),
    utc_offset: null,
    time_zone: null,
    geo_enabled: false,
    lang: null,
    contributors_enabled: false,
    is_translator: false,
    profile_image_url: avatarUrl('http', account),
    profile_image_url_https: avatarUrl('https', account),
    default_profile: true,
    default_profile_image: false,
    following: null,
    follow_request_sent: null,
    notifications: null,
  };
}

/** The answer of `account/verify_credentials`. */
export function ownUser(account: Account): JsonValue {
  return { ...restUser(account), suspended: account.isSuspended, needs_phone_verification: false };
}

/** The long user object of follow and block events; here the id is text. */
export function activityUser(account: Account): JsonValue {
  return {
    id: account.id,
    default_profile_image: false,
    profile_background_image_url: '',
    friends_count: account.friendsCount,
    favourites_count: account.favouritesCount,
    profile_link_color: -1,
    profile_background_image_url_https: '',
    utc_offset: 0,
    screen_name: account.screenName,
    is_translator: false,
    followers_count: account.followersCount,
    name: account.name,
    lang: '',
    profile_use_background_image: false,
    created_at: legacyDate(account.createdAt),
    profile_text_color: -1,
    notifications: false,
    protected: account.isProtected,
    statuses_count: account.statusesCount,
    url: account.url ?? '',
    contributors_enabled: false,
    default_profile: true,
    profile_sidebar_border_color: -1,
    time_zone: '',
    geo_enabled: false,
    verified: account.isVerified,
    profile_image_url: avatarUrl('http', account),
    following: false,
    profile_image_url_https: avatarUrl('https', account),
    profile_background_tile: false,
    listed_count: 0,
    profile_sidebar_fill_color: -1,
    location: account.location ?? '',
    follow_request_sent: false,
    description: account.description ?? '',
    profile_background_color: -1,
  };
}

/** `Mon Jan 31 17:26:40 +0000 2022`. */
function legacyDate(instant: number): string {
  const [weekday, day, month, year, time] = new Date(instant).toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${day} ${time} +0000 ${year}`;
}

function avatarUrl(scheme: 'http' | 'https', account: Account): string {
  return `${scheme}://pbs.twimg.com/profile_images/${account.avatarPath}_normal.jpg`;
}
