import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ENCRYPTION_KEY_BYTES, parseEncryptionKey } from '../values/encryption-key.js';

/** The key that seals secrets when nobody gave one: beside the SQLite file, so that whoever moves the folder moves both. */
export function encryptionKeyFileBeside(databaseFile: string): string {
  return join(dirname(databaseFile), 'encryption.key');
}

/** The key in the file; null when there is no file. Throws a sentence, without anything of the content, when it holds no key. */
export function readEncryptionKeyFile(path: string): Buffer | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new Error(`cannot be read (${code ?? 'unknown reason'})`);
  }
  const key = parseEncryptionKey(text.trim());
  if (key === null) {
    const remedy = 'put the file back from a backup; what was sealed with its key cannot be opened without it';
    throw new Error(`must hold ${ENCRYPTION_KEY_BYTES} bytes in base64 and nothing else; ${remedy}`);
  }
  return key;
}

/**
 * Makes the file, readable by its owner only, unless there is one already, and answers the key that is in it.
 * The file appears complete or not at all, also when two processes start at once: it is written under another name, then
 * linked, and linking never replaces a file.
 */
export function createEncryptionKeyFile(path: string): Buffer {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    writeDurably(draft, `${randomBytes(ENCRYPTION_KEY_BYTES).toString('base64')}\n`);
    linkSync(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw new Error(`cannot be created (${code ?? 'unknown reason'})`);
  } finally {
    rmSync(draft, { force: true });
  }
  const key = readEncryptionKeyFile(path);
  if (key === null) throw new Error('was removed while the service started');
  return key;
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes the name durable too: a key that is gone after a power cut takes everything it sealed with it. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
