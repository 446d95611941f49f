import { type FileHandle, link, mkdir, open, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Clock, type Instant } from '../kernel/clock.js';
import { MINUTE_MS } from '../kernel/duration.js';
import { Problem } from '../kernel/problem.js';
import { Randomness } from '../runtime/randomness.service.js';
import { PartialFile } from './partial-file.service.js';

/** `uploads`: what teams gave us to send · `cache`: copies of what X has, to be fetched again when they are gone. */
export type MediaPlace = 'uploads' | 'cache';

export interface KeptFile {
  name: string;
  sizeBytes: number;
  /** By the file system's clock: good for an order, and for nothing else. */
  modifiedAt: number;
}

const PARTIAL = 'partial';
const FOLDER_ID = 'folder-id';

/**
 * Where the bytes of media are: `<directory>/{uploads,cache}/<id>`. A file is written under `partial` and takes its name when it is whole
 * and on disk, so that a crash leaves nothing half where anybody looks. Folders are made when the first file comes.
 */
@Injectable()
export class MediaFolder {
  private readonly open = new Set<string>();
  private id: Promise<string> | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    @InjectSettings('media') private readonly settings: Settings['media'],
  ) {}

  async begin(): Promise<PartialFile> {
    await this.folderId();
    // The time is that of our clock, for `removeAbandoned`.
    const name = `${this.clock.now()}-${this.randomness.bytes(12).toString('hex')}`;
    this.open.add(name);
    return PartialFile.create(join(this.settings.directory, PARTIAL, name), () => this.assertRoom(), () => this.open.delete(name));
  }

  keep(file: PartialFile, place: MediaPlace, id: string): Promise<void> {
    return file.keepAs(this.pathOf(place, id));
  }

  /** Null when it is not here. Whoever has it open reads it to its end, also when it is removed meanwhile. */
  async read(place: MediaPlace, id: string): Promise<{ handle: FileHandle; sizeBytes: number } | null> {
    const handle = await open(this.pathOf(place, id), 'r').catch(nullIfMissing);
    return handle === null ? null : { handle, sizeBytes: (await handle.stat()).size };
  }

  async has(place: MediaPlace, id: string): Promise<boolean> {
    return (await stat(this.pathOf(place, id)).catch(nullIfMissing)) !== null;
  }

  async remove(place: MediaPlace, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await rm(this.pathOf(place, id), { force: true });
    }
  }

  /** Oldest first. */
  async list(place: MediaPlace): Promise<KeptFile[]> {
    const names = (await readdir(join(this.settings.directory, place)).catch(nullIfMissing)) ?? [];
    const files: KeptFile[] = [];
    for (const name of names) {
      const found = await stat(this.pathOf(place, name)).catch(nullIfMissing);
      files.push(...(found === null ? [] : [{ name, sizeBytes: found.size, modifiedAt: found.mtimeMs }]));
    }
    return files.sort((one, other) => one.modifiedAt - other.modifiedAt);
  }

  /** Removes what was being written when a process died: all of it when nobody else uses the folder, else what has taken too long to be still coming. */
  async removeAbandoned(isAlone: boolean): Promise<number> {
    const folder = join(this.settings.directory, PARTIAL);
    const names = (await readdir(folder).catch(nullIfMissing)) ?? [];
    const before = isAlone ? Infinity : this.clock.now() - Math.max(this.settings.uploadWithinMs, this.settings.downloadWithinMs) - MINUTE_MS;
    const abandoned = names.filter((name) => !this.open.has(name) && startedAt(name) <= before);
    for (const name of abandoned) {
      await rm(join(folder, name), { force: true });
    }
    return abandoned.length;
  }

  /** @throws Problem `media.no-room` */
  private async assertRoom(): Promise<void> {
    const { bavail, bsize } = await statfs(this.settings.directory);
    if (bavail * bsize < this.settings.keepFreeBytes) {
      throw new Problem('media.no-room', 'The disk of the service has no room for more files.', { remedy: 'Tell the operator: there is less free than `media.keepFreeBytes`.' });
    }
  }

  /** The same for all instances that share the folder, and for no other. */
  folderId(): Promise<string> {
    this.id ??= this.makeFolders().catch((error: unknown) => {
      this.id = null;
      throw error;
    });
    return this.id;
  }

  private async makeFolders(): Promise<string> {
    const { directory } = this.settings;
    for (const place of ['uploads', 'cache', PARTIAL]) {
      await mkdir(join(directory, place), { recursive: true });
    }
    const path = join(directory, FOLDER_ID);
    const found = await readFile(path, 'utf8').catch(nullIfMissing);
    if (found !== null) {
      return found;
    }
    // Linked when it is written: of several that begin at once the first gives its name, and nobody reads half of it.
    const draft = join(directory, PARTIAL, `${this.clock.now()}-${this.randomness.bytes(12).toString('hex')}`);
    await writeFile(draft, this.randomness.bytes(16).toString('hex'), { flush: true });
    await link(draft, path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    await rm(draft, { force: true });
    return readFile(path, 'utf8');
  }

  private pathOf(place: MediaPlace, id: string): string {
    if (!/^med_[0-9a-z]+$/.test(id)) {
      throw new Error('A media file is named by its id');
    }
    return join(this.settings.directory, place, id);
  }
}

function startedAt(name: string): Instant {
  return Number(name.split('-')[0]);
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

function nullIfMissing(error: unknown): null {
  if (codeOf(error) === 'ENOENT') {
    return null;
  }
  throw error;
}
