/** Bytes that begin as files of a kind do, and go on with a pattern that tells one place from another. */
const HEADS = {
  png: Buffer.from('89504e470d0a1a0a0000000d', 'hex'),
  jpg: Buffer.from('ffd8ffe000104a4649460001', 'hex'),
  gif: Buffer.from('GIF89a\u0001\u0000\u0001\u0000\u0000\u0000', 'latin1'),
  mp4: Buffer.from('\u0000\u0000\u0000\u0018ftypmp42', 'latin1'),
  heic: Buffer.from('\u0000\u0000\u0000\u0018ftypheic', 'latin1'),
  html: Buffer.from('<!doctype html><p>', 'latin1'),
} as const;

export type SampleKind = keyof typeof HEADS;

export function sampleOf(kind: SampleKind, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32BE((at * 2_654_435_761) >>> 0, at);
  HEADS[kind].copy(bytes);
  return bytes;
}

/** A form of parts with the file, as browsers and curl send it. */
export function formOf(file: Buffer, { name = 'file', fileName = 'file.bin', fields = {} } = {}): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set(name, new Blob([file]), fileName);
  return form;
}
