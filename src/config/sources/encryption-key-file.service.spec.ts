import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEncryptionKeyFile, encryptionKeyFileBeside, readEncryptionKeyFile } from './encryption-key-file.service.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'key-file-'));
  path = encryptionKeyFileBeside(join(folder, 'data', 'x.db'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the encryption key file', () => {
  it('is beside the database', () => {
    expect(path).toBe(join(folder, 'data', 'encryption.key'));
  });

  it('is made with its folder, readable by its owner only, and read back afterwards', () => {
    const key = createEncryptionKeyFile(path);
    expect(key).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readEncryptionKeyFile(path)).toEqual(key);
  });

  it('leaves nothing else in the folder', () => {
    createEncryptionKeyFile(path);
    expect(readdirSync(join(folder, 'data'))).toEqual(['encryption.key']);
  });

  // Two processes that start at once meet here as well: nobody looks before creating, so the second is refused the name.
  it('is never overwritten, and the second to create it gets the key of the first', () => {
    const first = createEncryptionKeyFile(path);
    const text = readFileSync(path, 'utf8');
    expect(createEncryptionKeyFile(path)).toEqual(first);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('is not made by looking for it', () => {
    expect(readEncryptionKeyFile(path)).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['empty', ''],
    ['cut short', 'QUFBQUFB'],
    ['something else', 'not a key at all'],
  ])('is refused and left as it is when it is %s', (_what, content) => {
    const malformed = join(folder, 'encryption.key');
    writeFileSync(malformed, content);
    expect(() => readEncryptionKeyFile(malformed)).toThrow('must hold 32 bytes in base64');
    expect(() => createEncryptionKeyFile(malformed)).toThrow('must hold 32 bytes in base64');
    expect(readFileSync(malformed, 'utf8')).toBe(content);
  });

  it('says that it cannot be read where a folder has its name', () => {
    expect(() => readEncryptionKeyFile(folder)).toThrow('cannot be read (EISDIR)');
  });
});
