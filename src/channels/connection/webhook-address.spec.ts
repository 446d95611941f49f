import fc from 'fast-check';
import { appFingerprintOf, webhookKeyOf, webhookUrlOf } from './webhook-address.js';

const FINGERPRINT = appFingerprintOf('simConsumerKey');

describe('an app’s fingerprint', () => {
  it('is the same at every start, and another for another app', () => {
    expect(FINGERPRINT).toBe('T6NCzAxGST_Sa-gjrLOVAJyDOQVFUpKez28BntWaw5c');
    expect(appFingerprintOf('simConsumerKey2')).not.toBe(FINGERPRINT);
  });

  it('does not tell the consumer key', () => {
    fc.assert(fc.property(fc.stringMatching(/^[A-Za-z0-9]{5,50}$/), (key) => expect(appFingerprintOf(key)).not.toContain(key)));
  });
});

describe('a webhook’s key', () => {
  const key = webhookKeyOf(FINGERPRINT, 'account-activity-premium', 'production');

  it('is the same at every start: X calls the address that it was given once', () => {
    expect(key).toBe('b1909ad49c47eb63011c6d704fb8ba5a');
    expect(webhookKeyOf(FINGERPRINT, 'account-activity-premium', 'production')).toBe(key);
  });

  it.each([
    ['app', appFingerprintOf('other'), 'account-activity-premium', 'production'],
    ['generation', FINGERPRINT, 'account-activity-enterprise', 'production'],
    ['environment', FINGERPRINT, 'account-activity-premium', 'staging'],
    ['writing of the environment’s label', FINGERPRINT, 'account-activity-premium', 'Production'],
    ['environment, which is none', FINGERPRINT, 'account-activity-premium', null],
  ])('is another for another %s', (_what, fingerprint, eventsApi, environment) => {
    expect(webhookKeyOf(fingerprint, eventsApi, environment)).not.toBe(key);
  });

  it('is one for the two generations that have the same webhooks at X', () => {
    const [v2, xaa] = ['account-activity-v2', 'x-activity'].map((eventsApi) => webhookKeyOf(FINGERPRINT, eventsApi, null));
    expect(xaa).toBe(v2);
    expect(xaa).not.toBe(webhookKeyOf(FINGERPRINT, 'account-activity-enterprise', null));
  });

  it('fits into a path as it is', () => {
    fc.assert(fc.property(fc.string(), fc.option(fc.string()), (consumerKey, environment) => {
      expect(webhookKeyOf(appFingerprintOf(consumerKey), 'x-activity', environment)).toMatch(/^[0-9a-f]{32}$/);
    }));
  });
});

describe('a webhook’s address', () => {
  it('stands under the public address, with one slash between', () => {
    expect(webhookUrlOf('https://dm.example.com', 'abc')).toBe('https://dm.example.com/webhooks/x/abc');
    expect(webhookUrlOf('https://dm.example.com/', 'abc')).toBe('https://dm.example.com/webhooks/x/abc');
  });
});
