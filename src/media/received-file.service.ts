import { createHash } from 'node:crypto';
import { HEAD_BYTES, type MediaType, MOST_BYTES, sniffMediaType } from './media-kind.js';
import { notSupported, tooLarge } from './media-refusals.js';
import type { PartialFile } from './partial-file.service.js';

/** A file that has come in whole, and is not kept yet. */
export interface ReceivedFile {
  file: PartialFile;
  type: MediaType;
  /** SHA-256 of its bytes. */
  checksum: string;
}

/**
 * Writes what comes into the file, piece by piece, as long as it is something that X takes. `pointer`: where the caller named it.
 * @throws Problem `media.too-large`, `media.type-not-supported`, at the first byte that shows it
 */
export async function receiveInto(file: PartialFile, pieces: AsyncIterable<Buffer>, pointer: string): Promise<ReceivedFile> {
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let type: MediaType | null = null;
  for await (const piece of pieces) {
    if (type === null) {
      head = Buffer.concat([head, piece.subarray(0, HEAD_BYTES)]);
      type = sniffMediaType(head);
      if (type === null && head.length >= HEAD_BYTES) {
        throw notSupported(pointer);
      }
    }
    if (file.size + piece.length > MOST_BYTES[type?.kind ?? 'photo']) {
      throw tooLarge(type?.kind ?? 'photo', pointer);
    }
    hash.update(piece);
    await file.write(piece);
  }
  if (type === null) {
    throw notSupported(pointer);
  }
  return { file, type, checksum: hash.digest('hex') };
}
