import { z } from 'zod';
import { X_ID_PATTERN } from '../kernel/x-id.js';
import { unescapeHtml, type XDirectMessage, type XLocation } from './direct-message.js';

const xId = z.string().regex(X_ID_PATTERN);
const indices = z.tuple([z.number(), z.number()]);

/** Nothing where X does not say it, or says it in an odd way. */
const nameOfPlace = z.string().nullable().catch(null);

const mediaSchema = z.object({
  // The bare `id` beside it is a 64-bit number that JSON.parse has rounded.
  id_str: xId,
  indices: indices.optional(),
  media_url_https: z.string(),
  url: z.string(),
  type: z.enum(['photo', 'animated_gif', 'video']),
  video_info: z
    .object({ variants: z.array(z.object({ bitrate: z.number().optional(), content_type: z.string(), url: z.string() })) })
    .optional(),
});

const attachmentSchema = z.union([
  z.object({ type: z.literal('media'), media: mediaSchema }),
  z.object({
    type: z.literal('location'),
    location: z.union([
      z.object({ shared_coordinate: z.object({ coordinates: z.object({ coordinates: z.tuple([z.number(), z.number()]) }) }) }),
      z.object({ shared_place: z.object({ place: z.object({ id: z.string(), name: nameOfPlace, full_name: nameOfPlace, country: nameOfPlace }) }) }),
    ]),
  }),
]);

/** What makes the message is checked; what comes with it and is odd counts as not there. */
const directMessageSchema = z.object({
  id: xId,
  created_timestamp: z.string().regex(/^\d{1,15}$/),
  message_create: z.object({
    target: z.object({ recipient_id: xId }),
    sender_id: xId,
    source_app_id: xId.optional().catch(undefined),
    message_data: z.object({
      text: z.string(),
      entities: z
        .object({ urls: z.array(z.object({ url: z.string(), expanded_url: z.string().nullish() })) })
        .optional()
        .catch(undefined),
      attachment: z.unknown().optional(),
      quick_reply: z
        .object({ options: z.array(z.object({ label: z.string(), description: z.string().optional(), metadata: z.string().optional() })) })
        .optional()
        .catch(undefined),
      ctas: z.array(z.object({ label: z.string(), url: z.string() })).optional().catch(undefined),
      quick_reply_response: z.object({ metadata: z.string() }).optional().catch(undefined),
    }),
  }),
});

/** Of the v1.1 shape (Account Activity, history). Null when it is not a message that we understand. An attachment of an unknown kind is left out, the text is kept. */
export function parseDirectMessage(raw: unknown): XDirectMessage | null {
  const parsed = directMessageSchema.safeParse(raw);
  if (!parsed.success) {
    return null;
  }
  const { id, created_timestamp: createdTimestamp, message_create: message } = parsed.data;
  const data = message.message_data;
  const attachment = attachmentSchema.safeParse(data.attachment).data;
  const media = attachment?.type === 'media' ? attachment.media : undefined;
  const ownText = media === undefined ? data.text : withoutMediumLink(data.text, media);
  return {
    xMessageId: id,
    createdAt: Number(createdTimestamp),
    senderId: message.sender_id,
    recipientId: message.target.recipient_id,
    sourceAppId: message.source_app_id ?? null,
    text: unescapeHtml(ownText),
    links: (data.entities?.urls ?? [])
      .filter((link) => link.url !== media?.url)
      .map((link) => ({ url: link.url, expandedUrl: link.expanded_url ?? link.url })),
    media: media === undefined ? null : { id: media.id_str, kind: media.type, url: bestUrl(media) },
    location: attachment?.type === 'location' ? toLocation(attachment.location) : null,
    quickReplyMetadata: data.quick_reply_response?.metadata ?? null,
    ...(data.quick_reply === undefined ? {} : { quickReplies: data.quick_reply.options }),
    ...(data.ctas === undefined ? {} : { buttons: data.ctas }),
  };
}

/**
 * X puts the medium's t.co link into the text, at its end as a rule. Its indices count code points of the escaped text;
 * where they point elsewhere or are missing, the last such link is the one.
 */
function withoutMediumLink(text: string, media: z.infer<typeof mediaSchema>): string {
  const points = Array.from(text);
  const [start, end] = media.indices ?? [0, 0];
  const before = points.slice(0, start).join('');
  const at = points.slice(start, end).join('') === media.url ? before.length : text.lastIndexOf(media.url);
  return at < 0 ? text : `${text.slice(0, at).trimEnd()}${text.slice(at + media.url.length)}`.trimEnd();
}

function bestUrl(media: z.infer<typeof mediaSchema>): string {
  const playable = (media.video_info?.variants ?? []).filter((variant) => variant.content_type === 'video/mp4');
  const [best] = playable.sort((a, b) => (b.bitrate ?? 0) - (a.bitrate ?? 0));
  return best?.url ?? media.media_url_https;
}

function toLocation(location: Extract<z.infer<typeof attachmentSchema>, { type: 'location' }>['location']): XLocation {
  if ('shared_place' in location) {
    const { id, name, full_name: fullName, country } = location.shared_place.place;
    return { place: { id, name, fullName, country } };
  }
  const [longitude, latitude] = location.shared_coordinate.coordinates.coordinates;
  return { longitude, latitude };
}
