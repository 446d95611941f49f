import { Injectable } from '@nestjs/common';
import { HistoryV1 } from './history-v1.service.js';
import { HistoryV2 } from './history-v2.service.js';
import type { HistoryPage } from './message-history.js';
import type { XCredentials } from './x-credentials.js';
import { isNotIncluded } from './x-failure.js';

/** Begins the cursors of v2, so that none is shown to the other generation. */
const V2 = 'v2 ';

/** The account's messages of the last 30 days, both directions, newest first, by whichever generation X lets the app ask. */
@Injectable()
export class MessageHistory {
  constructor(
    private readonly v1: HistoryV1,
    private readonly v2: HistoryV2,
  ) {}

  /** A page of them, the first without a cursor. @throws XFailure; a cursor that X does not know is one of its refusals */
  async list(credentials: XCredentials, cursor: string | null): Promise<HistoryPage> {
    if (cursor?.startsWith(V2)) {
      return this.listV2(credentials, cursor.slice(V2.length));
    }
    try {
      return await this.v1.list(credentials, cursor);
    } catch (error) {
      // In the middle of a history the refusal stands: the reading begins anew, and comes here without a cursor.
      if (cursor === null && isNotIncluded(error)) {
        return this.listV2(credentials, null);
      }
      throw error;
    }
  }

  private async listV2(credentials: XCredentials, token: string | null): Promise<HistoryPage> {
    const page = await this.v2.list(credentials, token);
    return { ...page, next: page.next === null ? null : `${V2}${page.next}` };
  }
}
