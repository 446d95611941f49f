import { z } from 'zod';
import { pageOf, pageQuery } from '../http/schemas.dto.js';
import { windowSchema } from './message.dto.js';

export const conversationSchema = z
  .object({
    id: z.string(),
    channelId: z.string(),
    participant: z.object({
      number: z.string().describe('X user id.'),
      name: z.string().nullable().describe('@ and the user name, where known.'),
      displayName: z.string().nullable(),
    }),
    window: windowSchema,
    lastMessageAt: z.string().nullable(),
    createdAt: z.string(),
  })
  .meta({ id: 'Conversation' });

export const conversationPageSchema = pageOf(conversationSchema).meta({ id: 'ConversationPage' });

export const conversationQuerySchema = z.strictObject({
  ...pageQuery,
  channelId: z.string().max(100).optional(),
  windowOpen: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional().describe('`true`: replies are free now. `false`: the window is closed or was never open.'),
});

export type ConversationDto = z.infer<typeof conversationSchema>;
export type ConversationQuery = z.infer<typeof conversationQuerySchema>;
