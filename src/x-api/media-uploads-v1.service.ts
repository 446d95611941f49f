import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Timers } from '../runtime/timers.service.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { XFailure } from './x-failure.js';

const UPLOADS = { prefix: 'https://upload.x.com/1.1/', fullResponse: true } as const;
/** X takes 5 MB in a chunk and 1,000 chunks; one is in memory a few times while it is signed and sent. */
const CHUNK_BYTES = 1_048_576;
const LONGEST_CHECK_MS = 60_000;
/** X processes a video of 512 MB in minutes. What it still has in hand after this is begun anew, so that those behind it do not wait for ever. */
const LONGEST_PROCESSING_MS = 15 * 60_000;
const SECOND_MS = 1_000;

const CATEGORIES = { photo: 'dm_image', animated_gif: 'dm_gif', video: 'dm_video' } as const;

/** What is handed to X, piece by piece. */
export interface XUpload {
  kind: keyof typeof CATEGORIES;
  contentType: string;
  sizeBytes: number;
  /** Several messages may carry it, and anybody who has its address may read it. */
  isShared: boolean;
  read: (from: number, length: number) => Promise<Buffer>;
}

/** What X has taken so far; `isProcessing` when it has all and looks at it. */
export interface XUploadProgress {
  sentBytes: number;
  isProcessing: boolean;
}

export interface XUploaded {
  xMediaId: string;
  /** X attaches it within this time. */
  usableMs: number;
}

const begunSchema = z.object({ media_id_string: z.string().regex(/^\d+$/), expires_after_secs: z.number().positive().catch(86_400) });
const stateSchema = z.object({
  processing_info: z
    .object({
      state: z.enum(['pending', 'in_progress', 'failed', 'succeeded']),
      check_after_secs: z.number().nonnegative().optional(),
      error: z.object({ code: z.number().optional(), message: z.string().optional() }).optional(),
    })
    .optional(),
});

/** Hands files to X in chunks (`media/upload.json`). It sends no message, so all of it may be done again. */
@Injectable()
export class MediaUploadsV1 {
  constructor(
    private readonly x: XClient,
    private readonly timers: Timers,
  ) {}

  /** Returns when X is ready to attach it. `over` ends it between two calls. @throws XFailure */
  async upload(credentials: XCredentials, file: XUpload, over: AbortSignal, report: (progress: XUploadProgress) => void): Promise<XUploaded> {
    const begun = parseAnswer(begunSchema, await this.post(credentials, {
      command: 'INIT',
      total_bytes: file.sizeBytes,
      media_type: file.contentType,
      media_category: CATEGORIES[file.kind],
      ...(file.isShared ? { shared: true } : {}),
    }));
    const mediaId = begun.media_id_string;
    for (let from = 0, segment = 0; from < file.sizeBytes; from += CHUNK_BYTES, segment += 1) {
      over.throwIfAborted();
      const media = await file.read(from, Math.min(CHUNK_BYTES, file.sizeBytes - from));
      await this.post(credentials, { command: 'APPEND', media_id: mediaId, segment_index: segment, media });
      report({ sentBytes: from + media.length, isProcessing: false });
    }
    let state = parseAnswer(stateSchema, await this.post(credentials, { command: 'FINALIZE', media_id: mediaId })).processing_info;
    const startedAt = this.timers.monotonicMs();
    while (state !== undefined && state.state !== 'succeeded') {
      if (this.timers.monotonicMs() - startedAt > LONGEST_PROCESSING_MS) {
        throw new XFailure('maybe-sent', { status: null, code: null, detail: 'X did not come to an end with the file.' });
      }
      if (state.state === 'failed') {
        throw new XFailure('answered', { status: 400, code: state.error?.code ?? null, detail: state.error?.message ?? 'X could not process the file.' });
      }
      report({ sentBytes: file.sizeBytes, isProcessing: true });
      await this.pause(Math.min((state.check_after_secs ?? 1) * SECOND_MS, LONGEST_CHECK_MS), over);
      const answer = await this.x.asAccount(credentials, (client) => client.v1.get<unknown>('media/upload.json', { command: 'STATUS', media_id: mediaId }, UPLOADS));
      state = parseAnswer(stateSchema, answer.data).processing_info;
    }
    return { xMediaId: mediaId, usableMs: begun.expires_after_secs * SECOND_MS };
  }

  private async post(credentials: XCredentials, fields: Record<string, unknown>): Promise<unknown> {
    const answer = await this.x.asAccount(credentials, (client) => client.v1.post<unknown>('media/upload.json', fields, { ...UPLOADS, forceBodyMode: 'form-data' }));
    return answer.data;
  }

  private async pause(waitMs: number, over: AbortSignal): Promise<void> {
    const waited = new AbortController();
    await new Promise<void>((done) => {
      this.timers.after(waitMs, done);
      over.addEventListener('abort', () => done(), { once: true, signal: waited.signal });
    });
    waited.abort();
    over.throwIfAborted();
  }
}
