import { z } from 'zod';
import { pageOf, pageQuery, textOf } from '../http/schemas.dto.js';
import { windowSchema } from './message.dto.js';
import { CONVERSATION_EXAMPLE } from './message-examples.js';

export const conversationSchema = z
  .object({
    id: z.string(),
    channelId: z.string(),
    participant: z.object({
      number: z.string().describe('X user id.'),
      name: z.string().nullable().describe('@ and the user name, where known.'),
      displayName: z.string().nullable().describe('What the participant calls themselves, where known.'),
    }),
    window: windowSchema,
    lastMessageAt: z.string().nullable().describe('X’s time of the newest message, in either direction.'),
    createdAt: z.string(),
  })
  .meta({ id: 'Conversation', example: CONVERSATION_EXAMPLE });

export const conversationPageSchema = pageOf('ConversationPage', conversationSchema, [CONVERSATION_EXAMPLE]);

export const conversationQuerySchema = z.strictObject({
  ...pageQuery,
  channelId: textOf(0, 100).optional().describe('Only those of this channel.'),
  windowOpen: z
    .stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' })
    .optional()
    .describe('`true`: replies are free now. `false`: the window is closed or was never open.')
    .meta({ enum: ['true', 'false'] }),
});

export type ConversationDto = z.infer<typeof conversationSchema>;
export type ConversationQuery = z.infer<typeof conversationQuerySchema>;
