import { z } from 'zod';
import { X_ID_PATTERN } from '../kernel/x-id.js';
import { unescapeHtml, type XDirectMessage, type XMedium } from './direct-message.js';

const xId = z.string().regex(X_ID_PATTERN);

const mediumSchema = z.object({
  media_key: z.string(),
  type: z.enum(['photo', 'animated_gif', 'video']),
  url: z.string().optional(),
  preview_image_url: z.string().optional(),
  variants: z.array(z.object({ bit_rate: z.number().optional(), content_type: z.string(), url: z.string() })).optional(),
});

/** What makes the message is checked; what comes with it and is odd counts as not there. */
const eventSchema = z.object({
  id: xId,
  event_type: z.literal('MessageCreate'),
  // A medium may come without words.
  text: z.string().default(''),
  sender_id: xId,
  dm_conversation_id: z.string(),
  created_at: z.iso.datetime({ offset: true }),
  attachments: z.object({ media_keys: z.array(z.string()) }).optional().catch(undefined),
  entities: z
    .object({ urls: z.array(z.object({ url: z.string(), expanded_url: z.string().nullish(), media_key: z.string().optional() })) })
    .optional()
    .catch(undefined),
});

/** The media that a page of v2's events refers to, by their keys. What is not understood is left out. */
export function parseMedia(raw: unknown): Map<string, XMedium> {
  const list = Array.isArray(raw) ? (raw as unknown[]) : [];
  return new Map(
    list.flatMap((item) => {
      const medium = mediumSchema.safeParse(item).data;
      const url = medium === undefined ? undefined : bestUrl(medium);
      // `3_2089624299500601347`: the kind of medium, and X's id of it.
      return medium === undefined || url === undefined ? [] : [[medium.media_key, { id: medium.media_key.split('_').at(-1) ?? '', kind: medium.type, url }] as const];
    }),
  );
}

/** Of v2's shape (`/2/dm_events`). Null when it is not a message between two that we understand: groups are none of a channel's. */
export function parseDirectMessageV2(raw: unknown, media: ReadonlyMap<string, XMedium>): XDirectMessage | null {
  const event = eventSchema.safeParse(raw).data;
  const recipientId = event === undefined ? null : recipientOf(event.dm_conversation_id, event.sender_id);
  if (event === undefined || recipientId === null) {
    return null;
  }
  const key = event.attachments?.media_keys[0];
  const links = event.entities?.urls ?? [];
  const own = links.find((link) => link.media_key !== undefined && link.media_key === key);
  return {
    xMessageId: event.id,
    createdAt: Date.parse(event.created_at),
    senderId: event.sender_id,
    recipientId,
    sourceAppId: null,
    text: unescapeHtml(own === undefined ? event.text : withoutLink(event.text, own.url)),
    links: links.filter((link) => link !== own).map((link) => ({ url: link.url, expandedUrl: link.expanded_url ?? link.url })),
    media: (key === undefined ? undefined : media.get(key)) ?? null,
    location: null,
    quickReplyMetadata: null,
  };
}

/** A conversation of two is `<one id>-<the other>`; a group is a number. Null when the sender is none of the two. */
export function recipientOf(conversationId: string, senderId: string): string | null {
  const [one, other, ...more] = conversationId.split('-');
  if (one === undefined || other === undefined || more.length > 0 || !X_ID_PATTERN.test(one) || !X_ID_PATTERN.test(other)) {
    return null;
  }
  return senderId === one ? other : senderId === other ? one : null;
}

/** The medium's own link is the last one of that kind. */
function withoutLink(text: string, url: string): string {
  const at = text.lastIndexOf(url);
  return at < 0 ? text : `${text.slice(0, at).trimEnd()}${text.slice(at + url.length)}`.trimEnd();
}

function bestUrl({ url, preview_image_url: preview, variants = [] }: z.infer<typeof mediumSchema>): string | undefined {
  const [best] = variants.filter(({ content_type: type }) => type === 'video/mp4').sort((a, b) => (b.bit_rate ?? 0) - (a.bit_rate ?? 0));
  return best?.url ?? url ?? preview;
}
