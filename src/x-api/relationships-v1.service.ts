import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { XRelationship } from './relationship.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';

const relationshipSchema = z.object({ relationship: z.object({ source: z.object({ can_dm: z.boolean() }) }) });

/** Who may be written to, over v1.1: `friendships/show.json`. */
@Injectable()
export class RelationshipsV1 {
  constructor(private readonly x: XClient) {}

  /** @throws XFailure */
  async find(credentials: XCredentials, accountId: string, participantId: string): Promise<XRelationship> {
    const response = await this.x.asAccount(credentials, (client) =>
      client.v1.get<unknown>('friendships/show.json', { source_id: accountId, target_id: participantId }, { fullResponse: true }),
    );
    // X's own verdict: following, receiving from anyone and blocks are in it.
    return { api: 'v1.1', canStart: parseAnswer(relationshipSchema, response.data).relationship.source.can_dm };
  }
}
