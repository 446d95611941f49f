import { once } from 'node:events';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../kernel/problem.js';
import { MediaFolder } from './media-folder.service.js';
import { MOST_BYTES_OF_ALL } from './media-kind.js';
import { tooLarge } from './media-refusals.js';
import { type ReceivedFile, receiveInto } from './received-file.service.js';

/** The lines around the file and the fields beside it. */
const MULTIPART_BYTES = 65_536;
/** So much of a refused body is still read, so that its sender hears why instead of a broken connection. */
const READ_ON_BYTES = 32 * 1_048_576;
const CUT_OFF = 'The upload was cut off, or is not what multipart/form-data looks like.';
const LIMITS = { files: 2, fields: 10, parts: 12, fieldNameSize: 100, fieldSize: 100, headerPairs: 20 };

export interface ReceivedUpload extends ReceivedFile {
  isShared: boolean;
}

/** One upload that is coming in, as far as it has come. */
class Reception {
  received: Promise<ReceivedFile | null> | null = null;
  isShared = false;
  problem: unknown = null;
  private stream: BusboyFileStream | null = null;

  constructor(private readonly folder: MediaFolder) {}

  takeFile(name: string, stream: BusboyFileStream): void {
    if (name !== 'file' || this.received !== null) {
      stream.resume();
      this.refuse(`/${name}`, name === 'file' ? 'One file is taken at a time.' : 'This field is not known here.');
      return;
    }
    this.stream = stream;
    this.received = this.receive(stream).catch((error: unknown) => {
      this.problem ??= error;
      stream.resume();
      return null;
    });
  }

  takeField(name: string, value: string): void {
    if (name !== 'shared' || (value !== 'true' && value !== 'false')) {
      this.refuse(`/${name}`, name === 'shared' ? 'Must be true or false.' : 'This field is not known here.');
    }
    this.isShared = value === 'true';
  }

  refuse(pointer: string, detail: string): void {
    this.problem ??= new Problem('request.invalid', pointer === '' ? detail : `${pointer}: ${detail}`, { errors: [{ pointer, code: 'invalid', detail }] });
  }

  /** Ends what waits for more of the file, and lets go of what came. */
  async giveUp(): Promise<void> {
    this.stream?.destroy(new Error('The upload was given up'));
    await (await this.received)?.file.discard();
  }

  private async receive(stream: BusboyFileStream): Promise<ReceivedFile> {
    const file = await this.folder.begin();
    try {
      return await receiveInto(file, stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>, '/file');
    } catch (error) {
      await file.discard();
      throw error;
    }
  }
}

/** Takes in a file as `multipart/form-data`, straight to disk: of one of 512 MB a few pieces of 64 KB are in memory. */
@Injectable()
export class UploadReception {
  constructor(private readonly folder: MediaFolder) {}

  /** The caller keeps or discards its file. @throws Problem `request.unsupported-media-type`, `request.invalid`, `media.too-large`, `media.type-not-supported` */
  async receive(request: FastifyRequest): Promise<ReceivedUpload> {
    if (!/^multipart\/form-data\s*;/i.test(request.headers['content-type'] ?? '')) {
      throw new Problem('request.unsupported-media-type', 'Send the file as multipart/form-data, in the field `file`.');
    }
    if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES_OF_ALL + MULTIPART_BYTES) {
      throw tooLarge('video', '/file');
    }
    const reception = new Reception(this.folder);
    try {
      await this.read(request, reception);
      // What is refused or cut off has no end to wait for.
      const received = reception.problem === null ? await reception.received : null;
      if (received === null) {
        reception.refuse('/file', 'The file is missing.');
      }
      if (received === null || reception.problem !== null) {
        throw reception.problem;
      }
      return { ...received, isShared: reception.isShared };
    } catch (error) {
      await reception.giveUp();
      throw error;
    }
  }

  private async read(request: FastifyRequest, reception: Reception): Promise<void> {
    const parser = createParser(request, reception);
    let readOn = 0;
    try {
      for await (const piece of request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        readOn += reception.problem === null ? 0 : piece.length;
        if (readOn > READ_ON_BYTES) {
          return;
        }
        if (!parser.write(piece)) {
          await once(parser, 'drain');
        }
      }
      const finished = once(parser, 'finish');
      parser.end();
      await finished;
    } catch {
      reception.refuse('', CUT_OFF);
    }
  }
}

function createParser(request: FastifyRequest, reception: Reception): BusboyInstance {
  try {
    const parser = new Busboy({ headers: request.headers as { 'content-type': string }, limits: LIMITS });
    parser.on('file', (name, stream) => reception.takeFile(name, stream));
    parser.on('field', (name, value) => reception.takeField(name, value));
    parser.on('error', () => reception.refuse('', CUT_OFF));
    for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const) {
      parser.on(limit, () => reception.refuse('', 'There are too many parts.'));
    }
    return parser;
  } catch {
    throw new Problem('request.invalid', 'The boundary of the parts is missing.');
  }
}
