import http from 'node:http';
import https from 'node:https';
import { Injectable } from '@nestjs/common';
import { Problem } from '../../kernel/problem.js';
import { SECOND_MS } from '../../kernel/duration.js';
import { Randomness } from '../../runtime/randomness.service.js';
import { Timers } from '../../runtime/timers.service.js';
import { answerChallenge } from '../../webhook/crc-challenge.js';
import type { Finding } from './channel-check.js';
import { OWN_CHALLENGE } from './own-challenge.js';

/** X waits this long for the answer to a challenge (v1.1). */
const X_WAITS_MS = 3 * SECOND_MS;
/** An answer to a challenge is some 70 bytes. */
const MAX_BODY_BYTES = 4_096;

interface Reply {
  status: number;
  location: string | null;
  body: string;
}

/** Calls our own webhook under its public address with a challenge, as X does: from here, which may be a shorter way than X's. */
@Injectable()
export class PublicUrlProbe {
  constructor(
    private readonly randomness: Randomness,
    private readonly timers: Timers,
  ) {}

  /** `secrets`: those that the answer may be signed with. */
  async probe(url: string, secrets: readonly string[]): Promise<Finding> {
    const token = `${OWN_CHALLENGE}${this.randomness.bytes(24).toString('base64url')}`;
    const startedAt = this.timers.monotonicMs();
    try {
      const reply = await this.get(`${url}?crc_token=${encodeURIComponent(token)}`);
      const ms = Math.round(this.timers.monotonicMs() - startedAt);
      return judge(url, reply, secrets.map((secret) => answerChallenge(token, secret)), ms);
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException;
      const isLate = name === 'AbortError' || name === 'TimeoutError';
      return failed(isLate ? `${url} did not answer within 3 seconds.` : `${url} could not be reached from here (${code ?? name}).`, FROM_HERE);
    }
  }

  private get(url: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const client = url.startsWith('https:') ? https : http;
      const request = client.get(url, { agent: false, signal: AbortSignal.timeout(X_WAITS_MS) }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += body.length < MAX_BODY_BYTES ? chunk : '';
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? null, body }));
      });
      request.on('error', reject);
    });
  }
}

const FROM_HERE = 'Check that PUBLIC_URL leads to this service, in DNS and in the proxy. Where this machine cannot reach its own public address and X can, nothing has to be done.';

function judge(url: string, { status, location, body }: Reply, expected: readonly string[], ms: number): Finding {
  if (status >= 300 && status < 400) {
    return failed(`${url} redirects (${status}${location === null ? '' : ` to ${location}`}); X does not follow.`, 'Set PUBLIC_URL to the address that answers by itself, with https and without a slash at its end, and take the redirect away.');
  }
  if (status !== 200) {
    return failed(`${url} answered ${status} to a challenge.`, FROM_HERE);
  }
  if (!expected.some((answer) => body.includes(answer))) {
    return failed(`${url} answered 200, but not as this service does.`, 'PUBLIC_URL leads to another program, or to another deployment of this one with other credentials: check the proxy.');
  }
  return { ok: true, detail: `${url} answered a challenge in ${ms} ms.` };
}

function failed(detail: string, remedy: string): Finding {
  return { ok: false, problem: new Problem('channel.public-url-unreachable', detail, { remedy }) };
}
