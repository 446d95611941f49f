import type { Ambient } from '../ambient.service.js';
import { percentEncode } from '../wire/form-params.js';
import type { XErrorName } from '../x/x-error.js';
import type { OutgoingHttp, OutgoingResult } from './outgoing-http.service.js';
import { signWebhook } from './webhook-signature.js';

/** `passed`, or the refusal that X answers a registration with. */
export type CrcOutcome = 'passed' | Extract<XErrorName, 'crcWrong' | 'crcSlow' | 'crcNotOk'>;

/** X's challenge: does whoever sits at this URL know the app's consumer secret? */
export class CrcChallenger {
  constructor(
    private readonly http: OutgoingHttp,
    private readonly ambient: Ambient,
  ) {}

  async challenge(url: string, consumerSecret: string): Promise<CrcOutcome> {
    const token = this.ambient.randomBytes(30).toString('base64');
    const query = `crc_token=${percentEncode(token)}&nonce=${this.ambient.randomBytes(15).toString('base64url')}`;
    const result = await this.http.send({
      method: 'GET',
      url: `${url}${url.includes('?') ? '&' : '?'}${query}`,
      headers: { 'x-twitter-webhooks-signature': signWebhook(consumerSecret, query) },
    });
    return judgeCrcAnswer(result, signWebhook(consumerSecret, token));
  }
}

export function judgeCrcAnswer(result: OutgoingResult, expected: string): CrcOutcome {
  if (result.kind === 'timeout') return 'crcSlow';
  if (result.kind === 'unreachable' || result.status !== 200) return 'crcNotOk';
  // The request asks for no compression; what comes compressed anyway X cannot read.
  const isCompressed = (result.headers['content-encoding'] ?? 'identity') !== 'identity';
  return !isCompressed && readResponseToken(result.body) === expected ? 'passed' : 'crcWrong';
}

function readResponseToken(body: string): unknown {
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === 'object' && answer !== null && 'response_token' in answer ? answer.response_token : null;
  } catch {
    return null;
  }
}
