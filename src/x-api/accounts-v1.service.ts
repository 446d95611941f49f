import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { XClient } from './x-client.service.js';
import type { AccessLevel, XAccount, XCredentials, XUser } from './x-credentials.js';
import { XFailure } from './x-failure.js';
import { parseAnswer } from './x-answer.js';

// Only `id_str`: the bare `id` beside it has lost its last digits by the time it is parsed.
const userSchema = z.object({ id_str: z.string().regex(/^\d+$/), screen_name: z.string(), name: z.string() });
const settingsSchema = z.object({ allow_dms_from: z.string() });
const RECEIVES_FROM: Readonly<Record<string, 'anyone' | 'followed'>> = { all: 'anyone', following: 'followed' };
const ACCESS_LEVELS: readonly AccessLevel[] = ['read', 'read-write', 'read-write-directmessages'];
const NO_SUCH_USER = [17, 34, 50];

/** Whose tokens these are, and who somebody is. The calls of v1.1, which all generations of credentials can make. */
@Injectable()
export class AccountsV1 {
  constructor(private readonly x: XClient) {}

  /** @throws XFailure when X refuses the credentials or cannot be reached */
  async verifyCredentials(credentials: XCredentials): Promise<XAccount> {
    const response = await this.x.asAccount(credentials, (client) =>
      client.v1.get<unknown>(
        'account/verify_credentials.json',
        { skip_status: true, include_entities: false },
        { fullResponse: true },
      ),
    );
    const level = response.headers['x-access-level'];
    return { ...toUser(response.data), accessLevel: ACCESS_LEVELS.find((known) => known === level) ?? 'unknown' };
  }

  /**
   * Whom the account takes messages from, by `allow_dms_from` of its settings at X; null when X does not tell. A person whom it does not
   * follow can write to it only when that is `anyone`. @throws XFailure
   */
  async findReceivesFrom(credentials: XCredentials): Promise<'anyone' | 'followed' | null> {
    const response = await this.x.asAccount(credentials, (client) => client.v1.get<unknown>('account/settings.json', {}, { fullResponse: true }));
    return RECEIVES_FROM[settingsSchema.safeParse(response.data).data?.allow_dms_from ?? ''] ?? null;
  }

  /** @throws XFailure */
  async findUser(credentials: XCredentials, username: string): Promise<XUser | null> {
    try {
      const response = await this.x.asAccount(credentials, (client) =>
        client.v1.get<unknown>('users/show.json', { screen_name: username }, { fullResponse: true }),
      );
      return toUser(response.data);
    } catch (error) {
      if (error instanceof XFailure && error.hasCode(...NO_SUCH_USER)) {
        return null;
      }
      throw error;
    }
  }
}

function toUser(data: unknown): XUser {
  const user = parseAnswer(userSchema, data);
  return { id: user.id_str, username: user.screen_name, name: user.name };
}
