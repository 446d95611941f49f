import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Room is looked for again after so many bytes: several may be written at once. */
const LOOK_EVERY_BYTES = 8 * 1_048_576;

/** A file that is being written: nobody is given it before it is whole and on disk, and under its own name. */
export class PartialFile {
  private written = 0;
  private nextLookAt = 0;
  private isOpen = true;

  private constructor(
    private readonly handle: FileHandle,
    readonly path: string,
    private readonly assertRoom: () => Promise<void>,
    private readonly whenOver: () => void,
  ) {}

  /** `assertRoom` throws when the disk is to take no more. @throws when the path is taken */
  static async create(path: string, assertRoom: () => Promise<void>, whenOver: () => void): Promise<PartialFile> {
    return new PartialFile(await open(path, 'wx'), path, assertRoom, whenOver);
  }

  get size(): number {
    return this.written;
  }

  /** Resolves when the bytes are with the system, so that who waits for it holds no more than one piece. */
  async write(bytes: Buffer): Promise<void> {
    if (this.written >= this.nextLookAt) {
      await this.assertRoom();
      this.nextLookAt = this.written + LOOK_EVERY_BYTES;
    }
    for (let from = 0; from < bytes.length; ) {
      const { bytesWritten } = await this.handle.write(bytes, from, bytes.length - from);
      from += bytesWritten;
      this.written += bytesWritten;
    }
  }

  /** Whole and on disk under that path from here on, with the entry in its folder. */
  async keepAs(path: string): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
    this.isOpen = false;
    await rename(this.path, path);
    await syncFolder(dirname(path));
    this.whenOver();
  }

  /** Does nothing after `keepAs`. */
  async discard(): Promise<void> {
    if (this.isOpen) {
      this.isOpen = false;
      await this.handle.close();
      await rm(this.path, { force: true });
      this.whenOver();
    }
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
