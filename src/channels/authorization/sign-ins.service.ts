import { Injectable } from '@nestjs/common';
import { ofTeam } from '../../access/caller.js';
import { Problem } from '../../kernel/problem.js';
import { Log } from '../../runtime/log.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { XCredentials } from '../../x-api/x-credentials.js';
import { ChannelConnection } from '../connection/channel-connection.service.js';
import { ChannelCredentials } from '../credentials/channel-credentials.service.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import type { Channel } from '../channel.js';
import { Channels } from '../channels.service.js';
import { toXProblem } from '../x-problem.js';
import type { SignInResult } from './authorization-page.js';
import { Authorizations, type PendingAuthorization } from './authorizations.service.js';

/** What follows when a person comes back from X: a channel with the account's tokens, or a word on why there is none. */
@Injectable()
export class SignIns {
  constructor(
    private readonly authorizations: Authorizations,
    private readonly x: XApi,
    private readonly channels: Channels,
    private readonly credentials: ChannelCredentials,
    private readonly connection: ChannelConnection,
    private readonly directory: ChannelDirectory,
    private readonly log: Log,
  ) {}

  /** The person said yes, which `verifier` shows. A token is taken once, before X is asked. */
  async accept(token: string, verifier: string): Promise<SignInResult> {
    const taken = await this.authorizations.take(token);
    if (taken === null) {
      return { kind: 'unknown' };
    }
    const { id, team, pending } = taken;
    try {
      const tokens = await this.x.signIn.finish(pending, pending, verifier).catch((error: unknown) => {
        throw toXProblem(error);
      });
      const channel = await this.give(team, pending, tokens);
      const problem = pending.wanted.channelId === undefined && pending.wanted.connect ? await this.connect(channel) : null;
      await this.authorizations.end(id, 'completed', channel.id, problem === null ? null : { code: problem.code, detail: problem.explanation });
      return { kind: 'completed', account: channel.accountUsername, channel: channel.name, problem: problem?.explanation ?? null };
    } catch (error) {
      const problem = error instanceof Problem ? error : this.unexpected(id, error);
      await this.authorizations.end(id, 'failed', null, { code: problem.code, detail: problem.explanation });
      return { kind: 'failed', reason: problem.explanation };
    }
  }

  /** The person said no. */
  async refuse(token: string): Promise<SignInResult> {
    const taken = await this.authorizations.take(token);
    if (taken === null) {
      return { kind: 'unknown' };
    }
    await this.authorizations.end(taken.id, 'denied', null, null);
    return { kind: 'denied' };
  }

  /** To the channel that is meant, to the team's channel of this account, or to a new one. */
  private async give(team: string, { wanted }: PendingAuthorization, tokens: XCredentials): Promise<Channel> {
    const account = await this.credentials.tryOnX(tokens);
    const existing = wanted.channelId ?? (await this.directory.findOfAccount(team, account.id))?.id;
    if (existing !== undefined) {
      return this.channels.patch(ofTeam(team), existing, tokens);
    }
    const { name = account.name, environmentName, eventsApi, messagesApi, policy } = wanted;
    return this.channels.create({ ...tokens, name, environmentName, eventsApi, messagesApi, policy, team, isDeclaredInConfig: false }, account);
  }

  /** Why it is not connected; null when it is. */
  private async connect(channel: Channel): Promise<Problem | null> {
    try {
      await this.connection.connect(channel, { takeOver: false });
      return null;
    } catch (error) {
      return error instanceof Problem ? error : this.unexpected(channel.id, error);
    }
  }

  private unexpected(id: string, error: unknown): Problem {
    this.log.error('A sign-in could not be brought to its end', { id }, error);
    return new Problem('service.internal', 'Something went wrong here.', { remedy: 'Begin the sign-in again; the log has more.' });
  }
}
