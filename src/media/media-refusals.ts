import { Problem } from '../kernel/problem.js';
import { type MediaKind, MOST_BYTES } from './media-kind.js';

const IN_WORDS: Readonly<Record<MediaKind, string>> = { photo: 'an image', animated_gif: 'a GIF', video: 'a video' };
const MEGABYTE = 1_048_576;

/** `pointer`: where the caller named the file. */
export function tooLarge(kind: MediaKind, pointer: string): Problem {
  const detail = `X takes ${IN_WORDS[kind]} of ${MOST_BYTES[kind] / MEGABYTE} MB at most.`;
  return new Problem('media.too-large', detail, { errors: [{ pointer, code: 'media.too-large', detail }] });
}

export function notSupported(pointer: string): Problem {
  const detail = 'X takes JPEG, PNG, WebP and GIF images, and MP4 and QuickTime videos. The bytes are none of these, whatever the file is called.';
  return new Problem('media.type-not-supported', detail, { errors: [{ pointer, code: 'media.type-not-supported', detail }] });
}
