import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Injectable } from '@nestjs/common';
import { Timers } from '../../runtime/timers.service.js';

export type ReceiverAnswer =
  | { kind: 'answered'; status: number; retryAfter: string | null; body: string; durationMs: number }
  | { kind: 'refused' | 'failed'; reason: string; durationMs: number };

@Injectable()
export class ReceiverCalls {
  constructor(private readonly timers: Timers) {}

  post(url: string, { headers, body, signal }: { headers: Record<string, string>; body: string; signal?: AbortSignal }): Promise<ReceiverAnswer> {
    const began = this.timers.monotonicMs();
    return new Promise((done) => {
      const request = (url.startsWith('https:') ? requestHttps : requestHttp)(url, { method: 'POST', headers, timeout: 15_000, ...(signal === undefined ? {} : { signal }) }, (response) => {
        response.resume();
        response.on('end', () => done({ kind: 'answered', status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null, body: '', durationMs: this.timers.monotonicMs() - began }));
      });
      request.on('error', (error) => done({ kind: 'failed', reason: error.message, durationMs: this.timers.monotonicMs() - began }));
      request.end(body);
    });
  }
}
