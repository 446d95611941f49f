import { z } from 'zod';
import { MEDIA_KINDS } from './media-kind.js';

export const uploadSchema = z
  .object({
    id: z.string().describe('For `content.mediaId` of a message.'),
    kind: z.enum(MEDIA_KINDS).describe('Told by the bytes, whatever the file is called.'),
    contentType: z.string(),
    size: z.number().int().describe('In bytes.'),
    shared: z.boolean(),
    url: z.string().describe('Where its bytes are: *Read media*.'),
    createdAt: z.string(),
    expiresAt: z.string().describe('Until then it can be sent.'),
  })
  .meta({
    id: 'Upload',
    example: {
      id: 'med_01m81s97tr7v54392jgff7y39g',
      kind: 'photo',
      contentType: 'image/png',
      size: 48_211,
      shared: false,
      url: '/v1/media/med_01m81s97tr7v54392jgff7y39g',
      createdAt: '2026-11-27T12:00:00.000Z',
      expiresAt: '2026-11-28T12:00:00.000Z',
    },
  });

export type UploadDto = z.infer<typeof uploadSchema>;

/** What a form of parts looks like is no zod schema: it is never in memory as a whole. */
export const UPLOAD_FORM = {
  schema: {
    type: 'object',
    required: ['file'],
    example: { file: '(the bytes)', shared: false },
    properties: {
      file: { type: 'string', format: 'binary', description: 'JPEG, PNG or WebP up to 5 MB, GIF up to 15 MB, MP4 or QuickTime up to 512 MB.' },
      shared: {
        type: 'boolean',
        default: false,
        description: '`true`: X keeps it so that one upload goes into several messages, and anybody who has its address at X can read it. Otherwise each message hands its own copy to X.',
      },
    },
  },
};

/** Where a medium is read. */
export const mediaPath = (id: string): string => `/v1/media/${id}`;
