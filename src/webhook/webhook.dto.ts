import { z } from 'zod';

export const challengeAnswerSchema = z
  .object({ response_token: z.string() })
  .meta({ id: 'ChallengeAnswer', example: { response_token: 'sha256=9vKhCFSnqSdcjz8tmvtzWtYIDMSHBXtwdq8ItcCjpbs=' } });
