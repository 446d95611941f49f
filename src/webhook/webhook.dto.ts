import { z } from 'zod';
import { CHALLENGE_TOKEN_PATTERN } from './crc-challenge.js';

/** The answer to the example of `CHALLENGE_QUERY` by the sandbox's app. */
export const challengeAnswerSchema = z
  .object({ response_token: z.string() })
  .meta({ id: 'ChallengeAnswer', example: { response_token: 'sha256=9E3IiiIuLfYGZoCwsredDQZDGdGnRc5PcLerdnki4Jk=' } });

// What follows is for the docs explorer only: the webhook reads what X sends itself, byte by byte.

export const CHALLENGE_QUERY = {
  name: 'crc_token',
  required: true,
  description: 'X’s challenge: 16 to 128 characters of A–Z a–z 0–9 + / = _ and -.',
  schema: { type: 'string', pattern: CHALLENGE_TOKEN_PATTERN.source, example: 'MDE2ZDk3YzQtOGI1Mi00' },
} as const;

export const NONCE_QUERY = {
  name: 'nonce',
  required: false,
  description: 'X adds it to some challenges; it has no part in the answer.',
  schema: { type: 'string' },
} as const;

export const DELIVERY_BODY = {
  required: true,
  description: 'Taken as raw bytes, of which only the signature is checked before the answer. Whatever X signs is kept, also what this service does not know.',
  schema: {
    type: 'object',
    description: 'What happened to one account, as X tells it.',
    example: {
      for_user_id: '1488203456789012345',
      direct_message_events: [
        {
          type: 'message_create',
          id: '2089623330616353717',
          created_timestamp: '1787040000000',
          message_create: {
            target: { recipient_id: '1488203456789012345' },
            sender_id: '84391207',
            message_data: { text: 'Hi, my SIM stopped working this morning. Can you help?' },
          },
        },
      ],
      users: { '84391207': { id: '84391207', name: 'Rania Kader', screen_name: 'rania_kader_x' } },
    },
  },
} as const;
