import type { FileHandle } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../kernel/problem.js';
import { parseByteRange } from './byte-range.js';
import { mediaTypeOf } from './media-kind.js';

/** A file to be answered with. The answer closes it. */
export interface MediaFile {
  id: string;
  contentType: string;
  handle: FileHandle;
  sizeBytes: number;
}

/** Answers with a file, or the part of it that `Range` asks for, piece by piece. @throws Problem `media.range-not-satisfiable` */
export async function sendMedia(request: FastifyRequest, reply: FastifyReply, { id, contentType, handle, sizeBytes }: MediaFile): Promise<void> {
  const range = parseByteRange(request.headers.range, sizeBytes);
  if (range.kind === 'unsatisfiable') {
    await handle.close();
    void reply.header('content-range', `bytes */${sizeBytes}`);
    throw new Problem('media.range-not-satisfiable', `The file has ${sizeBytes} bytes.`);
  }
  const { start, end } = range.kind === 'part' ? range : { start: 0, end: sizeBytes - 1 };
  void reply
    .status(range.kind === 'part' ? 206 : 200)
    .header('content-type', contentType)
    .header('content-length', end - start + 1)
    .header('content-disposition', `inline; filename="${id}.${mediaTypeOf(contentType)?.extension ?? 'bin'}"`)
    .header('x-content-type-options', 'nosniff')
    .header('accept-ranges', 'bytes')
    // A medium never changes; who may read it does.
    .header('cache-control', 'private, max-age=3600');
  if (range.kind === 'part') {
    void reply.header('content-range', `bytes ${start}-${end}/${sizeBytes}`);
  }
  await reply.send(handle.createReadStream({ start, end }));
}
