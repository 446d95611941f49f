import { Injectable } from '@nestjs/common';
import type { XRelationship } from './relationship.js';
import { RelationshipsV1 } from './relationships-v1.service.js';
import { RelationshipsV2 } from './relationships-v2.service.js';
import type { XCredentials } from './x-credentials.js';
import { isNotIncluded } from './x-failure.js';

/** Who may be written to, by whichever generation X lets the app ask. */
@Injectable()
export class Relationships {
  constructor(
    private readonly v1: RelationshipsV1,
    private readonly v2: RelationshipsV2,
  ) {}

  /** @throws XFailure; the code is 50 (or 17, 34) when X has no such user */
  async find(credentials: XCredentials, accountId: string, participantId: string): Promise<XRelationship> {
    try {
      return await this.v1.find(credentials, accountId, participantId);
    } catch (error) {
      if (isNotIncluded(error)) {
        return this.v2.find(credentials, participantId);
      }
      throw error;
    }
  }
}
