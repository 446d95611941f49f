import { z } from 'zod';
import { BEYOND_ALLOTMENT } from '../config/settings.js';
import { pageOf, pageQuery, textOf, timestampSchema, xIdSchema } from '../http/schemas.dto.js';
import { answeredChoicesFields, choicesFields } from './choices.dto.js';
import { RECEIVED_MESSAGE_EXAMPLE, REPLY_WINDOW_EXAMPLE, SENT_MESSAGE_EXAMPLE } from './message-examples.js';
import { MAX_LONG_TEXT_CHARACTERS, MAX_TEXT_CHARACTERS } from './message/long-text.js';
import { PUBLIC_MESSAGE_STATUSES } from './message/message-status.js';

const textSchema = textOf(0, MAX_LONG_TEXT_CHARACTERS)
  .regex(/\S/, 'Must not be blank.')
  .describe('1 to 10,000 characters, not only spaces; 50,000 with `splitLongText`, as far as a body of 64 KiB holds them.');

const recipientSchema = z
  .strictObject({
    number: xIdSchema.optional().describe('The participant’s X user id.'),
    username: z.string().regex(/^@?\w{1,15}$/, 'Must be an X user name.').optional().describe('Instead of the id: looked up at X.'),
  })
  .refine((to) => (to.number === undefined) !== (to.username === undefined), { error: 'Give either `number` or `username`.' })
  // `refine` tells the document nothing.
  .meta({ minProperties: 1, maxProperties: 1 });

const { $schema: _dialect, ...recipientInAList } = z.toJSONSchema(recipientSchema);

// Not a union: its errors would point at `/to` and not at the field that is wrong.
const recipientOrListOfOneSchema = z
  .preprocess((to) => (Array.isArray(to) && to.length === 1 ? (to[0] as unknown) : to), recipientSchema)
  // What the document says of an object holds for objects, what it says of lists for lists.
  .meta({ type: ['object', 'array'], minItems: 1, maxItems: 1, items: recipientInAList })
  .describe('The participant. A list with one entry is taken too.');

export const sendMessageSchema = z
  .strictObject({
    from: xIdSchema.describe('The X user id of the channel’s account.'),
    to: recipientOrListOfOneSchema,
    content: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text'), text: textSchema, ...choicesFields }),
      z.strictObject({
        type: z.literal('media'),
        text: textOf(0, MAX_TEXT_CHARACTERS).default('').describe('May be left out.'),
        mediaId: textOf(1, 100).optional().describe('The `id` of an upload (*Upload media*).'),
        mediaUrl: textOf(1, 2_000).optional().describe('Instead of an upload: the https address of a file, fetched before the message is accepted.'),
        ...choicesFields,
      }),
    ]),
    reference: textOf(1, 200).optional().describe('Yours; answered with the message and findable.'),
    beyondAllotment: z.enum(BEYOND_ALLOTMENT).optional().describe('Instead of the channel’s policy.'),
    validUntil: timestampSchema.optional().describe('When not sent by then, it expires.'),
    splitLongText: z
      .boolean()
      .optional()
      .describe(
        'A text of more than 10,000 characters becomes several messages, cut between paragraphs, else lines, sentences, words; space at a cut is left out, and what is offered to press goes with the last. They are accepted together or not at all, each charged by itself, and go out in their order. The answer is the first with `parts`, the ids of all; each can be read and cancelled by itself.',
      ),
  })
  .superRefine(({ content, splitLongText }, context) => {
    if (splitLongText !== true && Array.from(content.text).length > MAX_TEXT_CHARACTERS) {
      context.addIssue({ code: 'too_big', origin: 'string', maximum: MAX_TEXT_CHARACTERS, inclusive: true, input: content.text, path: ['content', 'text'] });
    }
  })
  .meta({
    id: 'SendMessage',
    // `superRefine` tells the document nothing.
    anyOf: [{ properties: { splitLongText: { const: true } }, required: ['splitLongText'] }, { properties: { content: { properties: { text: { maxLength: MAX_TEXT_CHARACTERS } } } } }],
    example: { from: '1488203456789012345', to: { number: '84391207' }, content: { type: 'text', text: 'Hello, how can we help?' }, reference: 'ORDER-1001' },
  });

const partySchema = z.object({ number: z.string().describe('X user id.'), name: z.string().nullable().describe('@ and the user name, where known.') });

export const windowSchema = z
  .object({
    open: z.boolean(),
    openedAt: z.string().nullable().describe('X’s time of the inbound message that opened it; null when the participant never wrote.'),
    expiresAt: z.string().nullable().describe('When it closes, unless the participant writes again.'),
    allotment: z.number().int().describe('How many replies are free.'),
    used: z.number().int().describe('How many of them are taken, by what is on its way too.'),
    remaining: z.number().int().describe('How many are left; 0 while the window is closed.'),
  })
  .meta({ id: 'ReplyWindow', description: 'The 24 hours that an inbound message opens, with its free replies.', example: REPLY_WINDOW_EXAMPLE });

const contentSchema = z.object({
  type: z.enum(['text', 'media']),
  text: z.string(),
  quickReply: z.object({ metadata: z.string() }).optional().describe('Inbound: which quick reply the participant chose, by its `metadata`.'),
  ...answeredChoicesFields,
  media: z.object({ id: z.string(), kind: z.enum(['photo', 'animated_gif', 'video']), url: z.string().describe('Where its bytes are: *Read media*.'), size: z.number().int().optional().describe('In bytes, where known.'), contentType: z.string().optional() }).optional(),
  location: z
    .object({
      longitude: z.number().optional(),
      latitude: z.number().optional(),
      place: z.object({ id: z.string(), name: z.string().nullable(), fullName: z.string().nullable(), country: z.string().nullable() }).optional().describe('A place of X’s, without coordinates.'),
    })
    .optional()
    .describe('What the participant shared: a point, or a place.'),
  links: z.array(z.object({ url: z.string(), expandedUrl: z.string() })).optional(),
});

export const messageSchema = z
  .object({
    id: z.string(),
    channelId: z.string(),
    conversationId: z.string(),
    direction: z.enum(['inbound', 'outbound']),
    source: z.enum(['api', 'elsewhere', 'participant']).describe('`elsewhere`: typed in an app of X, or sent by another app.'),
    from: partySchema,
    to: partySchema,
    content: contentSchema,
    parts: z.array(z.string()).optional().describe('Of a long text: the ids of all messages that it became, in their order.'),
    reference: z.string().nullable(),
    status: z.enum(PUBLIC_MESSAGE_STATUSES as [string, ...string[]]),
    charge: z.enum(['reply', 'rate-limit']).nullable().describe('`reply`: inside the allotment, free. `rate-limit`: counts towards X’s limits.'),
    window: windowSchema,
    heldUntil: z.string().nullable().describe('When a held message is tried next; null where something has to happen first.'),
    heldBecause: z.string().nullable().describe('What it waits for: `window-closed` and `allotment-used` for an inbound message, `rate-limit` for a place in X’s limits, `credits-depleted` until X takes paid calls again, `daily-cap` for the next day, `channel-paused` and `channel-revoked` for an operator.'),
    failure: z
      .object({
        code: z.string(),
        detail: z.string(),
        x: z.object({ status: z.number().nullable(), code: z.number().nullable(), detail: z.string() }).nullable(),
      })
      .nullable()
      .describe('Why it failed; `x` is what X answered, where X refused it.'),
    xMessageId: z.string().nullable().describe('X’s own id of the message.'),
    validUntil: z.string().nullable(),
    createdAt: z.string(),
    sentAt: z.string().nullable().describe('X’s time of it.'),
    readAt: z.string().nullable().describe('When the participant had read it.'),
    recovered: z.boolean().describe('X’s webhook did not tell of it; it was read back from X’s history later.'),
  })
  .meta({ id: 'Message', example: SENT_MESSAGE_EXAMPLE });

export const messagePageSchema = pageOf('MessagePage', messageSchema, [SENT_MESSAGE_EXAMPLE, RECEIVED_MESSAGE_EXAMPLE]);

export const messageQuerySchema = z.strictObject({
  ...pageQuery,
  channelId: textOf(0, 100).optional().describe('Only those of this channel.'),
  conversationId: textOf(0, 100).optional().describe('Only those of this conversation.'),
  status: z.enum(PUBLIC_MESSAGE_STATUSES as [string, ...string[]]).optional().describe('Only those that have it now.'),
  direction: z.enum(['inbound', 'outbound']).optional().describe('`inbound`: from the participant. `outbound`: from the channel.'),
  reference: textOf(0, 200).optional().describe('Only those that were sent with this reference.'),
});

export type SendMessage = z.infer<typeof sendMessageSchema>;
export type MessageDto = z.infer<typeof messageSchema>;
export type MessageQuery = z.infer<typeof messageQuerySchema>;
