import { z } from 'zod';
import { textOf } from '../http/schemas.dto.js';

/** X's limits of what a message offers to press, in characters as people count them (code points). */
const MOST_QUICK_REPLIES = 20;
const MOST_BUTTONS = 3;
const MAX_LABEL_CHARACTERS = 36;
const MAX_DESCRIPTION_CHARACTERS = 72;
const MAX_METADATA_CHARACTERS = 1_000;
/** Ours: X names no limit. */
const MAX_URL_CHARACTERS = 2_048;

/** A host without signs that no name has, a port, and what follows. X refuses a message whose button leads nowhere. */
const WEB_ADDRESS = /^https?:\/\/[^\s!-,/:-@[-^`{-~]+(:\d{1,5})?([/?#]\S*)?$/;

// The document carries a pattern without its flags, so that capitals are written out.
const labelSchema = textOf(0, MAX_LABEL_CHARACTERS)
  .regex(/^(?![\s\S]*(?:[Hh][Tt][Tt][Pp][Ss]?:\/\/|[Ww][Ww][Ww]\.))[\s\S]*\S/, 'Must not be blank, and must not hold a web address: X refuses labels with one.')
  .describe('1 to 36 characters, not only spaces, without a web address.');

const quickReplySchema = z.strictObject({
  label: labelSchema,
  description: textOf(0, MAX_DESCRIPTION_CHARACTERS).regex(/\S/, 'Must not be blank.').optional().describe('1 to 72 characters below the label. All options have one, or none.'),
  metadata: textOf(1, MAX_METADATA_CHARACTERS).optional().describe('Yours; comes back as `content.quickReply.metadata` when the participant chooses it.'),
});

const buttonSchema = z.strictObject({
  label: labelSchema,
  url: textOf(0, MAX_URL_CHARACTERS).regex(WEB_ADDRESS, 'Must be an http or https address, with http or https in small letters.').describe('Where it leads: http or https.'),
});

/** What a message to send may offer besides its text. */
export const choicesFields = {
  quickReplies: z
    .array(quickReplySchema)
    .min(1)
    .max(MOST_QUICK_REPLIES)
    .superRefine((options, context) => {
      const isDescribed = options.some(({ description }) => description !== undefined);
      options.forEach((option, index) => {
        if (isDescribed && option.description === undefined) {
          context.addIssue({ code: 'custom', path: [index, 'description'], message: 'All options need a description when one has it.', input: options });
        }
      });
    })
    // `superRefine` tells the document nothing.
    .meta({ anyOf: [{ items: { required: ['description'] } }, { items: { not: { required: ['description'] } } }] })
    .optional()
    .describe('Answers to choose from, 1 to 20. Where the channel’s `messagesApi` is `v1.1`.'),
  buttons: z.array(buttonSchema).min(1).max(MOST_BUTTONS).optional().describe('Links shown as buttons, 1 to 3. Where the channel’s `messagesApi` is `v1.1`.'),
};

/** The same as answered; what another app sent need not keep to what we know of X's limits. */
export const answeredChoicesFields = {
  quickReplies: z.array(z.object({ label: z.string(), description: z.string().optional(), metadata: z.string().optional() })).optional().describe('What the participant could choose from.'),
  buttons: z.array(z.object({ label: z.string(), url: z.string() })).optional(),
};
