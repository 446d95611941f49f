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
