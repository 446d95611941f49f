/** What X takes in a direct message, in X's own words. */
export const MEDIA_KINDS = ['photo', 'animated_gif', 'video'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

export interface MediaType {
  kind: MediaKind;
  contentType: string;
  extension: string;
}

const MEGABYTE = 1_048_576;

/** X's limits of sizes (its page on media, 2026-08): images 5 MB, GIFs 15 MB, videos 512 MB. */
export const MOST_BYTES: Readonly<Record<MediaKind, number>> = { photo: 5 * MEGABYTE, animated_gif: 15 * MEGABYTE, video: 512 * MEGABYTE };
export const MOST_BYTES_OF_ALL = Math.max(...Object.values(MOST_BYTES));

/** So many bytes at the beginning say what it is. */
export const HEAD_BYTES = 12;

const JPEG: MediaType = { kind: 'photo', contentType: 'image/jpeg', extension: 'jpg' };
const PNG: MediaType = { kind: 'photo', contentType: 'image/png', extension: 'png' };
const WEBP: MediaType = { kind: 'photo', contentType: 'image/webp', extension: 'webp' };
const GIF: MediaType = { kind: 'animated_gif', contentType: 'image/gif', extension: 'gif' };
const MP4: MediaType = { kind: 'video', contentType: 'video/mp4', extension: 'mp4' };
const QUICKTIME: MediaType = { kind: 'video', contentType: 'video/quicktime', extension: 'mov' };

/** Brands of ISO files that hold a video; the same box begins pictures (HEIC, AVIF) and sound (M4A). */
const MP4_BRANDS = /^(isom|iso[2-9a-c]|mp4[12]|avc1|M4V[ HP]|M4VP|dash|mmp4|MSNV|f4v |3g[pg2][0-9a-z]|NDSC|ndsc)$/;

const TYPES: readonly { type: MediaType; begins: (head: Buffer) => boolean }[] = [
  { type: JPEG, begins: (head) => head.subarray(0, 3).toString('hex') === 'ffd8ff' },
  { type: PNG, begins: (head) => head.subarray(0, 8).toString('hex') === '89504e470d0a1a0a' },
  { type: GIF, begins: (head) => /^GIF8[79]a$/.test(head.toString('latin1', 0, 6)) },
  { type: WEBP, begins: (head) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP' },
  { type: QUICKTIME, begins: (head) => head.toString('latin1', 4, 12) === 'ftypqt  ' },
  { type: MP4, begins: (head) => head.toString('latin1', 4, 8) === 'ftyp' && MP4_BRANDS.test(head.toString('latin1', 8, 12)) },
];

/** By its first bytes alone: names and declared types are what anybody may say. Null: nothing that X takes. */
export function sniffMediaType(head: Buffer): MediaType | null {
  return head.length < HEAD_BYTES ? null : (TYPES.find(({ begins }) => begins(head))?.type ?? null);
}

/** What a file of ours is that was told by its bytes before. */
export function mediaTypeOf(contentType: string): MediaType | null {
  return TYPES.find(({ type }) => type.contentType === contentType)?.type ?? null;
}
