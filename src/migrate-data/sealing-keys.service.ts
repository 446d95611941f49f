import { encryptionKeyFileBeside, readEncryptionKeyFile } from '../config/sources/encryption-key-file.service.js';
import { parseEncryptionKey, toEncryptionKeyRing } from '../config/values/encryption-key.js';
import { MoveProblem } from './move-problem.js';

/**
 * What the data are sealed with does not move with them. Answers what a person has to carry along by hand.
 * @throws MoveProblem when the environment has keys as the service would read them, and they do not open the data
 */
export function checkKeys(databaseFile: string, sealedWith: readonly string[], env: { ENCRYPTION_KEY?: string; ENCRYPTION_KEYS_PREVIOUS?: string }): string {
  const given = idsOf([env.ENCRYPTION_KEY ?? '', ...(env.ENCRYPTION_KEYS_PREVIOUS ?? '').split(',')]);
  const missing = sealedWith.filter((id) => !given.includes(id));
  if (given.length > 0 && missing.length > 0) {
    throw new MoveProblem(
      `The data are sealed with ${words(missing)}, which ENCRYPTION_KEY and ENCRYPTION_KEYS_PREVIOUS of this shell do not have (${given.join(', ')}): the service could not open its credentials. ${fileAdvice(databaseFile, missing)}`,
    );
  }
  return sealedWith.length === 0 ? 'Nothing in it is sealed yet; PostgreSQL needs ENCRYPTION_KEY.' : `Give it ENCRYPTION_KEY as before: the data are sealed with ${words(sealedWith)}. ${fileAdvice(databaseFile, sealedWith)}`;
}

function fileAdvice(databaseFile: string, wanted: readonly string[]): string {
  const path = encryptionKeyFileBeside(databaseFile);
  const key = readEncryptionKeyFile(path);
  const [id] = key === null ? [] : [toEncryptionKeyRing(key, []).current.id];
  return id !== undefined && wanted.includes(id) ? `The key ${id} is in ${path}, which a service on PostgreSQL does not read: set ENCRYPTION_KEY to what it holds.` : '';
}

function words(ids: readonly string[]): string {
  return `the key${ids.length === 1 ? '' : 's'} ${ids.join(', ')}`;
}

function idsOf(texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const key = parseEncryptionKey(text.trim());
    return key === null ? [] : [toEncryptionKeyRing(key, []).current.id];
  });
}
