/** A body as it is stored: as readable text where that gives the very same bytes back, as base64 otherwise. */
export interface StoredBody {
  encoding: 'utf8' | 'base64';
  body: string;
}

export function toStoredBody(bytes: Buffer): StoredBody {
  const text = bytes.toString('utf8');
  // PostgreSQL's text cannot hold NUL.
  const isFaithful = !text.includes('\u0000') && Buffer.from(text, 'utf8').equals(bytes);
  return isFaithful ? { encoding: 'utf8', body: text } : { encoding: 'base64', body: bytes.toString('base64') };
}

export function fromStoredBody(stored: StoredBody): Buffer {
  return Buffer.from(stored.body, stored.encoding);
}
