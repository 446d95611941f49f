import { bearerTokenOf } from '../../src/sandbox/seeds.js';
import { seedKeys, XCaller } from '../../src/sandbox/testing/x-caller.service.js';
import { NAJM } from './cast.js';
import { behavesAsEventsApi } from './generation-suite.js';
import type { Both } from './service.js';

const x = (both: Both): XCaller => new XCaller(both.sandbox.url, seedKeys(NAJM.id));
const registerOverV2 = async (both: Both, url: string): Promise<number> => {
  const authorization = `Bearer ${bearerTokenOf(NAJM.credentials.consumerKey)}`;
  return (await x(both).call('POST', '/2/webhooks', { json: { url }, authorization })).status;
};

describe('Account Activity, premium', () => {
  behavesAsEventsApi({
    eventsApi: 'account-activity-premium',
    room: 1,
    registerForeign: async (both, url) => (await x(both).call('POST', '/1.1/account_activity/all/prod/webhooks.json', { form: { url } })).status,
  });
});

describe('Account Activity, enterprise', () => {
  behavesAsEventsApi({
    eventsApi: 'account-activity-enterprise',
    room: 3,
    registerForeign: async (both, url) => (await x(both).call('POST', '/1.1/account_activity/webhooks.json', { form: { url } })).status,
  });
});

describe('Account Activity over v2', () => {
  behavesAsEventsApi({ eventsApi: 'account-activity-v2', room: 1, registerForeign: registerOverV2 });
});

describe('X Activity', () => {
  behavesAsEventsApi({ eventsApi: 'x-activity', room: 1, registerForeign: registerOverV2 });
});
