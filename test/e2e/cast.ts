/** The people of the sandbox and of X's sample payloads. */
export const NAJM = {
  id: '1488203456789012345',
  username: 'NajmTelecomCare',
  credentials: {
    consumerKey: 'simConsumerKey',
    consumerSecret: 'sim-consumer-secret',
    accessToken: '1488203456789012345-simAccessToken',
    accessTokenSecret: 'sim-access-secret',
  },
};

export const RANIA = { id: '84391207', username: 'rania_kader_x' };

/** The second brand of the same app. */
export const FIBRE = {
  id: '1502938475610293847',
  username: 'NajmFibre',
  credentials: {
    ...NAJM.credentials,
    accessToken: '1502938475610293847-simAccessTokenTwo',
    accessTokenSecret: 'sim-access-secret-two',
  },
};

/** Its tokens may read only. */
export const NEWS = {
  id: '1377120045566778899',
  credentials: {
    ...NAJM.credentials,
    accessToken: '1377120045566778899-simAccessTokenReadOnly',
    accessTokenSecret: 'sim-access-secret-read-only',
  },
};

/** The app's id at X. */
export const NAJM_APP_ID = '29981177';
/** Takes messages from nobody and never wrote: X refuses with 349. */
export const IDRIS = { id: '2240417733', username: 'idris_vale_q' };
/** An id beyond 2^53; follows nobody and takes messages from whom it follows: X refuses with 150 until Tom writes. */
export const TOM = { id: '1672951100223344557', username: 'tokafor_demo' };
