import { Timers } from '../runtime/timers.service.js';
import { MediaUploadsV1 } from './media-uploads-v1.service.js';
import type { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { XFailure } from './x-failure.js';

const CREDENTIALS = {} as XCredentials;
const FILE = { kind: 'video', contentType: 'video/mp4', sizeBytes: 4, isShared: false, read: async () => Buffer.alloc(4) } as const;

/** Time that passes only while something waits for it. */
class PassingTime extends Timers {
  private now = 0;

  override monotonicMs(): number {
    return this.now;
  }

  override after(delayMs: number, action: () => void): { cancel(): void } {
    this.now += delayMs;
    queueMicrotask(action);
    return { cancel: () => undefined };
  }
}

/** X takes every command, and is done with the file after so many looks. */
function uploadsAt(looksUntilDone: number): MediaUploadsV1 {
  let looks = 0;
  const client = {
    asAccount: async () => {
      looks += 1;
      const info = looks > looksUntilDone ? { state: 'succeeded' } : { state: 'in_progress', check_after_secs: 300 };
      return { data: { media_id_string: '1', processing_info: info } };
    },
  };
  return new MediaUploadsV1(client as unknown as XClient, new PassingTime());
}

const upload = (looksUntilDone: number) => uploadsAt(looksUntilDone).upload(CREDENTIALS, FILE, new AbortController().signal, () => undefined);

describe('A file that X processes', () => {
  it('is waited for', async () => {
    expect(await upload(10)).toEqual({ xMediaId: '1', usableMs: 86_400_000 });
  });

  it('is given up when X does not come to an end with it, as something that may be tried again', async () => {
    const failure: unknown = await upload(Infinity).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(XFailure);
    expect(failure).toMatchObject({ kind: 'maybe-sent', answer: { status: null } });
  });
});
