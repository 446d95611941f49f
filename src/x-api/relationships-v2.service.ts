import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { XRelationship } from './relationship.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';
import { XFailure } from './x-failure.js';

const userSchema = z.object({
  data: z.object({ receives_your_dm: z.boolean(), connection_status: z.array(z.string()).default([]) }).optional(),
  errors: z.array(z.object({ detail: z.string().optional() })).default([]),
});

/** X's v1.1 code for the same; v2 says it with HTTP 200 and no user. */
const NO_SUCH_USER = 50;

/** Who may be written to, over v2: the user fields `receives_your_dm` and `connection_status`. */
@Injectable()
export class RelationshipsV2 {
  constructor(private readonly x: XClient) {}

  /** @throws XFailure */
  async find(credentials: XCredentials, participantId: string): Promise<XRelationship> {
    const response = await this.x.asAccount(credentials, (client) =>
      client.v2.get<unknown>(`users/${participantId}`, { 'user.fields': 'receives_your_dm,connection_status' }, { fullResponse: true }),
    );
    const { data, errors } = parseAnswer(userSchema, response.data);
    if (data === undefined) {
      throw new XFailure('answered', { status: 404, code: NO_SUCH_USER, detail: errors[0]?.detail ?? 'X has no such user.' });
    }
    return { api: 'v2', canStart: data.receives_your_dm && !data.connection_status.includes('blocking') };
  }
}
