import { MOST_BYTES, sniffMediaType } from './media-kind.js';

const bytes = (text: string): Buffer => Buffer.from(text.padEnd(12, '\u0000'), 'latin1');
const box = (brand: string): Buffer => Buffer.from(`\u0000\u0000\u0000\u0018ftyp${brand}`, 'latin1');

describe('What a file is', () => {
  it.each([
    ['image/jpeg', 'photo', bytes('\u00ff\u00d8\u00ff\u00e0')],
    ['image/png', 'photo', bytes('\u0089PNG\r\n\u001a\n')],
    ['image/gif', 'animated_gif', bytes('GIF89a')],
    ['image/gif', 'animated_gif', bytes('GIF87a')],
    ['image/webp', 'photo', bytes('RIFF\u0001\u0002\u0003\u0004WEBP')],
    ['video/mp4', 'video', box('isom')],
    ['video/mp4', 'video', box('mp42')],
    ['video/quicktime', 'video', box('qt  ')],
  ])('is told by its first bytes: %s', (contentType, kind, head) => {
    expect(sniffMediaType(head)).toMatchObject({ contentType, kind });
  });

  it.each([
    ['a page', bytes('<!doctype html>')],
    ['a program', bytes('\u007fELF')],
    ['a drawing', bytes('<svg xmlns=')],
    ['a picture of another kind in the same box', box('heic')],
    ['sound in the same box', box('M4A ')],
    ['RIFF that is no picture', bytes('RIFF\u0001\u0002\u0003\u0004WAVE')],
    ['the beginning of a beginning', Buffer.from('GIF89a')],
    ['nothing', Buffer.alloc(0)],
  ])('is nothing that X takes: %s', (_name, head) => {
    expect(sniffMediaType(head)).toBeNull();
  });

  it('has X’s limit of its kind', () => {
    expect(MOST_BYTES).toEqual({ photo: 5_242_880, animated_gif: 15_728_640, video: 536_870_912 });
  });
});
