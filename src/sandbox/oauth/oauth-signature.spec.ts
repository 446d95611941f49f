import { signWebhook } from '../delivery/webhook-signature.js';
import { readFixture } from '../testing/fixtures.service.js';
import { authorizationHeader } from './authorization-header.js';
import { parseOAuthHeader, signatureBaseString, signBaseString } from './oauth-signature.js';

interface OAuthVector {
  method: string;
  url: string;
  params: Record<string, string>;
  oauth_consumer_key: string;
  oauth_nonce: string;
  oauth_timestamp: string;
  oauth_token: string;
  consumer_secret: string;
  token_secret: string;
  signature_base_string: string;
  expected_oauth_signature: string;
}

interface Vectors {
  oauth1_signature: OAuthVector[];
  post_body: { consumer_secret: string; raw_body: string; header: string }[];
  crc: { consumer_secret: string; crc_token: string; response: { response_token: string } }[];
  crc_get_request_signature: { consumer_secret: string; raw_query: string; header: string }[];
}

const vectors = JSON.parse(readFixture('crc-and-signature-vectors')) as Vectors;

describe('OAuth 1.0a signatures', () => {
  it.each(vectors.oauth1_signature)('agree with the vector for $url', (vector) => {
    const header = authorizationHeader(
      {
        consumerKey: vector.oauth_consumer_key,
        consumerSecret: vector.consumer_secret,
        accessToken: vector.oauth_token,
        accessTokenSecret: vector.token_secret,
      },
      {
        method: vector.method,
        url: vector.url,
        params: Object.entries(vector.params),
        timestamp: vector.oauth_timestamp,
        nonce: vector.oauth_nonce,
      },
    );
    const fields = parseOAuthHeader(header);
    const baseString = signatureBaseString(vector.method, vector.url, [...(fields?.signed ?? []), ...Object.entries(vector.params)]);
    expect(baseString).toBe(vector.signature_base_string);
    expect(fields?.signature).toBe(vector.expected_oauth_signature);
    expect(signBaseString(baseString, vector.consumer_secret, vector.token_secret)).toBe(vector.expected_oauth_signature);
  });

  it('sort parameters by their encoded name and value', () => {
    const params = [['b', '2'], ['a', 'z z'], ['a', '!'], ['A', '1']] as const;
    expect(signatureBaseString('get', 'https://api.x.com/a', params)).toBe(
      'GET&https%3A%2F%2Fapi.x.com%2Fa&A%3D1%26a%3D%2521%26a%3Dz%2520z%26b%3D2',
    );
  });

  it('are not read from a header that lacks a field or names one twice', () => {
    const complete =
      'OAuth oauth_consumer_key="k", oauth_token="t", oauth_nonce="n", oauth_timestamp="1", oauth_signature="s", oauth_signature_method="HMAC-SHA1"';
    expect(parseOAuthHeader(complete)).not.toBeNull();
    expect(parseOAuthHeader(complete.replace('oauth_nonce="n", ', ''))).toBeNull();
    expect(parseOAuthHeader(`${complete}, oauth_nonce="m"`)).toBeNull();
    expect(parseOAuthHeader('Bearer abc')).toBeNull();
  });
});

describe('webhook signatures', () => {
  it.each(vectors.post_body)('of an event agree with the vector $header', ({ consumer_secret, raw_body, header }) => {
    expect(signWebhook(consumer_secret, Buffer.from(raw_body, 'utf8'))).toBe(header);
  });

  it.each(vectors.crc)('of a challenge agree with the vector for $crc_token', ({ consumer_secret, crc_token, response }) => {
    expect(signWebhook(consumer_secret, crc_token)).toBe(response.response_token);
  });

  it.each(vectors.crc_get_request_signature)('of a challenge request cover the raw query $raw_query', ({ consumer_secret, raw_query, header }) => {
    expect(signWebhook(consumer_secret, raw_query)).toBe(header);
  });
});
