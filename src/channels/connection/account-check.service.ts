import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Problem } from '../../kernel/problem.js';
import { Log } from '../../runtime/log.service.js';
import type { XCredentials } from '../../x-api/x-credentials.js';
import type { Channel } from '../channel.js';
import { ChannelEntity } from '../channel.entity.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import { ChannelCredentials } from '../credentials/channel-credentials.service.js';
import type { CheckName, Finding } from '../health/channel-check.js';

/** What X says of a channel's tokens. `credentials` are there where X took them. */
export interface CheckedAccount {
  findings: [CheckName, Finding][];
  credentials: XCredentials | null;
}

/** Whether X takes a channel's tokens, whose they are, and what they permit. */
@Injectable()
export class AccountCheck {
  constructor(
    private readonly credentials: ChannelCredentials,
    private readonly directory: ChannelDirectory,
    private readonly unitOfWork: UnitOfWork,
    private readonly log: Log,
  ) {}

  /** @throws Problem `x.rate-limited` */
  async check(channel: Channel): Promise<CheckedAccount> {
    const credentials = await this.credentials.getAfresh(channel.id).catch((error: unknown) => {
      this.log.error('A channel’s credentials could not be read', { channelId: channel.id }, error);
      return null;
    });
    if (credentials === null) {
      return { findings: [['credentials', { ok: false, problem: unreadable() }]], credentials };
    }
    try {
      const account = await this.credentials.verify(credentials);
      await this.noteName(channel, account);
      const permission = this.credentials.permissionProblem(account.accessLevel);
      return {
        findings: [
          ['credentials', { ok: true, detail: `X takes the tokens; they are those of @${account.username} (${account.id}).` }],
          ['direct-message-permission', permission === null ? { ok: true, detail: permissionDetail(account.accessLevel) } : { ok: false, problem: permission }],
        ],
        credentials,
      };
    } catch (error) {
      if (!(error instanceof Problem) || error.code === 'x.rate-limited') {
        throw error;
      }
      return { findings: [['credentials', { ok: false, problem: error }]], credentials: null };
    }
  }

  /** People rename their accounts; the id stays. */
  private async noteName(channel: Channel, { username, name }: { username: string; name: string }): Promise<void> {
    if (username !== channel.accountUsername || name !== channel.accountName) {
      await this.unitOfWork.run((manager) => {
        this.directory.noteChange();
        return manager.update(ChannelEntity, { id: channel.id }, { accountUsername: username, accountName: name });
      });
    }
  }
}

function unreadable(): Problem {
  return new Problem('service.internal', 'The channel’s credentials cannot be opened.', {
    remedy: 'Put the key that sealed them into ENCRYPTION_KEYS_PREVIOUS and restart the service, or give the channel its credentials anew.',
  });
}

function permissionDetail(level: string): string {
  return level === 'unknown' ? 'X does not tell what the tokens permit; the first send shows it.' : 'The tokens permit reading, writing and direct messages.';
}
