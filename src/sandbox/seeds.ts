import { createHash } from 'node:crypto';
import type { Account, AccessLevel, App, Grant, ReceivesFrom } from './world/model.js';

/** The client a person uses when writing on X's own web site. */
export const WEB_APP = { id: '3033300', name: 'Twitter Web App', url: 'https://mobile.twitter.com' } as const;

export const BRAND_ID = '1488203456789012345';
export const SECOND_BRAND_ID = '1502938475610293847';
/** Its tokens may read only: X refuses direct messages with 93. */
export const READ_ONLY_BRAND_ID = '1377120045566778899';
/** The usual customer: follows the brand, so the brand may also write first. */
export const PARTICIPANT_ID = '84391207';
export const PARTICIPANT_64BIT_ID = '1672951100223344557';
/** Never wrote, follows nobody, takes messages from nobody: X answers 349. */
export const CLOSED_PARTICIPANT_ID = '2240417733';
export const FOLLOWER_ID = '1155443322110099887';
export const OPEN_PARTICIPANT_ID = '960217448123';

/** Invented credentials; they open nothing but this sandbox. */
export const SEED_APP: App = {
  id: '29981177',
  name: 'Najm Inbox',
  url: 'https://inbox.najm.example',
  accountName: 'Najm Telecom Dev',
  consumerKey: 'simConsumerKey',
  consumerSecret: 'sim-consumer-secret',
  clientSecret: null,
  bearerToken: bearerTokenOf('simConsumerKey'),
  ownerId: BRAND_ID,
  callbackUrls: null,
  environments: ['prod', 'dev'],
};

export const SEED_GRANTS: readonly Grant[] = [
  grant(BRAND_ID, 'simAccessToken', 'sim-access-secret', 'read-write-directmessages'),
  grant(SECOND_BRAND_ID, 'simAccessTokenTwo', 'sim-access-secret-two', 'read-write-directmessages'),
  grant(READ_ONLY_BRAND_ID, 'simAccessTokenReadOnly', 'sim-access-secret-read-only', 'read'),
];

export const SEED_ACCOUNTS: readonly Account[] = [
  account('brand', BRAND_ID, 'Najm Telecom Care', 'NajmTelecomCare', 1643650000123, {
    location: 'Riyadh',
    description: 'Customer care, 24/7. Send us a DM.',
    url: 'https://t.co/nJm0000001',
    isVerified: true,
    followersCount: 48211,
    friendsCount: 112,
    statusesCount: 9034,
    favouritesCount: 3,
    avatarPath: '1488204000000000001/aBcDeF12',
    receivesFrom: 'anyone',
  }),
  account('brand', SECOND_BRAND_ID, 'Najm Fibre', 'NajmFibre', 1647163000000, {
    location: 'Jeddah',
    description: 'Home internet by Najm.',
    isVerified: true,
    followersCount: 5120,
    friendsCount: 38,
    statusesCount: 640,
    avatarPath: '1502939000000000011/fIbRe001',
    receivesFrom: 'anyone',
  }),
  account('brand', READ_ONLY_BRAND_ID, 'Najm News', 'NajmNews', 1617170000000, {
    description: 'News only. Its tokens may read and nothing else.',
    followersCount: 902,
    friendsCount: 4,
    statusesCount: 3301,
    avatarPath: '1377121000000000012/nEwS0001',
  }),
  account('participant', PARTICIPANT_ID, 'Rania Kader', 'rania_kader_x', 1256213000000, {
    location: 'Amman',
    description: 'coffee, maps, trains',
    followersCount: 318,
    friendsCount: 402,
    statusesCount: 2210,
    favouritesCount: 3,
    avatarPath: '1300000000000000002/rK3Lm9Qp',
  }),
  account('participant', PARTICIPANT_64BIT_ID, 'Tom Okafor', 'tokafor_demo', 1687703000456, {
    isProtected: true,
    followersCount: 7,
    friendsCount: 41,
    statusesCount: 12,
    avatarPath: '1672952000000000003/tO8xYz21',
  }),
  account('participant', CLOSED_PARTICIPANT_ID, 'Idris Vale', 'idris_vale_q', 1386510000000, {
    description: 'messages closed',
    followersCount: 55,
    friendsCount: 61,
    statusesCount: 480,
    avatarPath: '1300000000000000004/cLoSeD01',
    receivesFrom: 'nobody',
  }),
  account('participant', FOLLOWER_ID, 'Mina Sol', 'mina_sol_demo', 1564292000000, {
    location: 'Dammam',
    followersCount: 210,
    friendsCount: 388,
    statusesCount: 1504,
    avatarPath: '1155444000000000005/fOlLoW01',
  }),
  account('participant', OPEN_PARTICIPANT_ID, 'Jonas Berg', 'jonasberg_open', 1517830000000, {
    description: 'my messages are open',
    followersCount: 1290,
    friendsCount: 77,
    statusesCount: 6012,
    avatarPath: '1300000000000000006/oPeN0001',
    receivesFrom: 'anyone',
  }),
];

/** `[follower, followed]`. */
export const SEED_FOLLOWS: readonly (readonly [string, string])[] = [
  [PARTICIPANT_ID, BRAND_ID],
  [FOLLOWER_ID, BRAND_ID],
];

/** X answers with the same bearer token for an app until it is invalidated. */
export function bearerTokenOf(consumerKey: string): string {
  return `AAAAAAAAAAAAAAAAAAAAA${createHash('sha256').update(consumerKey).digest('base64url')}`;
}

/** An account with everything that is not said set to what a new account has. */
export function account(
  role: Account['role'],
  id: string,
  name: string,
  screenName: string,
  createdAt: number,
  traits: Partial<Account> & { receivesFrom?: ReceivesFrom } = {},
): Account {
  return {
    id,
    role,
    createdAt,
    name,
    screenName,
    location: null,
    description: null,
    url: null,
    isProtected: false,
    isVerified: false,
    followersCount: 0,
    friendsCount: 0,
    statusesCount: 0,
    favouritesCount: 0,
    avatarPath: '1300000000000000000/dEfAuLt0',
    receivesFrom: 'followed',
    isSuspended: false,
    ...traits,
  };
}

function grant(accountId: string, token: string, tokenSecret: string, accessLevel: AccessLevel): Grant {
  return { appId: SEED_APP.id, accountId, token: `${accountId}-${token}`, tokenSecret, accessLevel, isRevoked: false };
}
