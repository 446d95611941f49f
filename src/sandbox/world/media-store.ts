/** Bytes that a client has uploaded and X keeps. */
export interface StoredMedium {
  bytes: Buffer;
  contentType: string;
}

/** Bounds the memory of a sandbox that runs for days. */
const MOST_BYTES = 600 * 1_048_576;
const DEFAULT_BYTES = 10_000;

/** The bytes of media: those that were uploaded, the oldest of which go when there are too many, and for all others some that are made up from the id. */
export class MediaStore {
  private readonly uploaded = new Map<string, StoredMedium>();
  private total = 0;

  put(mediaId: string, medium: StoredMedium): void {
    this.uploaded.set(mediaId, medium);
    this.total += medium.bytes.length;
    for (const [oldest, { bytes }] of this.uploaded) {
      if (this.total <= MOST_BYTES || oldest === mediaId) return;
      this.uploaded.delete(oldest);
      this.total -= bytes.length;
    }
  }

  find(mediaId: string): StoredMedium | null {
    return this.uploaded.get(mediaId) ?? null;
  }
}

/** The beginning of a JPEG or an MP4, and then the number of each place. */
export function madeUpMedium(kind: 'photo' | 'video', sizeBytes = DEFAULT_BYTES): StoredMedium {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) bytes.writeUInt32BE((at * 2_654_435_761) % 4_294_967_296, at);
  const head = kind === 'photo' ? Buffer.from('ffd8ffe000104a4649460001', 'hex') : Buffer.from('\u0000\u0000\u0000\u0018ftypmp42', 'latin1');
  head.copy(bytes);
  return { bytes, contentType: kind === 'photo' ? 'image/jpeg' : 'video/mp4' };
}
