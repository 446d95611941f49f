import { z } from 'zod';
import { textOf } from '../../http/schemas.dto.js';
import { answeredChoicesFields, choicesFields } from '../choices.dto.js';

/** X's limit: ten less than of other messages. */
const MAX_WELCOME_CHARACTERS = 9_990;

const EXAMPLE = { text: 'Welcome! What is it about?', quickReplies: [{ label: 'My order', metadata: 'menu:order' }, { label: 'Talk to somebody', metadata: 'menu:agent' }] };

export const welcomeMessageBodySchema = z
  .strictObject({ text: textOf(0, MAX_WELCOME_CHARACTERS).regex(/\S/, 'Must not be blank.').describe('1 to 9,990 characters, not only spaces.'), ...choicesFields })
  .meta({ id: 'WelcomeMessageContent', example: EXAMPLE });

export const welcomeMessageSchema = z
  .object({
    channelId: z.string(),
    text: z.string(),
    ...answeredChoicesFields,
    xWelcomeMessageId: z.string().describe('X’s id of it, as a link to the conversation names it: `https://twitter.com/messages/compose?recipient_id=…&welcome_message_id=…`.'),
    updatedAt: z.string(),
  })
  .meta({ id: 'WelcomeMessage', example: { channelId: 'chn_01m81mm3kzadxvtgak2mv71gjh', ...EXAMPLE, xWelcomeMessageId: '1992221558894096384', updatedAt: '2026-11-22T12:45:14.990Z' } });

export type WelcomeMessageBody = z.infer<typeof welcomeMessageBodySchema>;
export type WelcomeMessageDto = z.infer<typeof welcomeMessageSchema>;
