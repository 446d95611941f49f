import type { Server } from 'node:http';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { InjectSecrets, InjectSettings } from '../config/inject-settings.decorator.js';
import type { ChannelCredentials as Credentials, DeclaredChannel, Secrets, Settings } from '../config/settings.js';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import { Problem } from '../kernel/problem.js';
import { Log } from '../runtime/log.service.js';
import { type Channel, changePolicy } from './channel.js';
import { ChannelEntity } from './channel.entity.js';
import { ChannelConnection } from './connection/channel-connection.service.js';
import { ChannelCredentials } from './credentials/channel-credentials.service.js';
import { ChannelDirectory } from './channel-directory.service.js';
import { Channels } from './channels.service.js';

/**
 * Makes the database say what `channels:` in the configuration says, at each start. A channel that is no longer declared
 * stays, and can be changed over REST from then on. One whose credentials X refuses is logged; the others start all the same.
 */
@Injectable()
export class DeclaredChannels implements OnApplicationBootstrap {
  constructor(
    private readonly channels: Channels,
    private readonly credentials: ChannelCredentials,
    private readonly directory: ChannelDirectory,
    private readonly connection: ChannelConnection,
    private readonly unitOfWork: UnitOfWork,
    private readonly http: HttpAdapterHost,
    private readonly log: Log,
    @InjectSettings('channels') private readonly declared: Settings['channels'],
    @InjectSettings('ratePolicy') private readonly ratePolicy: Settings['ratePolicy'],
    @InjectSecrets() private readonly secrets: Secrets,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const accounts: string[] = [];
    let failures = 0;
    for (const [index, wanted] of this.declared.entries()) {
      const credentials = this.secrets.channels[index];
      if (credentials === undefined) {
        continue;
      }
      try {
        accounts.push((await this.reconcile(wanted, credentials)).accountId);
      } catch (error) {
        failures += 1;
        const reason = error instanceof Problem ? error.detail : 'It could not be reconciled.';
        this.log.error('A declared channel could not be set up', { channel: wanted.name, reason }, error);
      }
    }
    // Whose account a failed one is was not found out: it must not be taken for one that is no longer declared.
    if (failures === 0) {
      await this.releaseUndeclared(accounts);
    }
  }

  private async reconcile(wanted: DeclaredChannel, credentials: Credentials): Promise<Channel> {
    const account = await this.credentials.tryOnX(credentials);
    const policy = changePolicy({ beyondAllotment: this.ratePolicy.beyondAllotment }, wanted.policy);
    const existing = await this.directory.findByAnyAccount(account.id);
    if (existing === null) {
      const channel = await this.channels.create({ ...wanted, ...credentials, environmentName: wanted.environmentName ?? undefined, policy, isDeclaredInConfig: true }, account);
      return this.connectIfWanted(wanted, channel);
    }
    await this.unitOfWork.run((manager) => {
      this.directory.noteChange();
      return manager.update(
        ChannelEntity,
        { id: existing.id },
        { isDeclaredInConfig: true, team: wanted.team },
      );
    });
    const { name, messagesApi, eventsApi, environmentName } = wanted;
    const changed = await this.channels.change(existing, { name, policy, isPaused: existing.isPaused, messagesApi, line: { eventsApi, environmentName }, credentials });
    this.onceListening(() => this.channels.checkChanged(changed));
    return this.connectIfWanted(wanted, existing);
  }

  private async connectIfWanted(wanted: DeclaredChannel, channel: Channel): Promise<Channel> {
    if (wanted.connect) {
      this.onceListening(() => this.connection.repair(channel.id, { isToConnect: true }));
    }
    return channel;
  }

  /** X calls back before it answers. */
  private onceListening(action: () => Promise<void>): void {
    const server = this.http.httpAdapter.getHttpServer() as Server;
    server.once('listening', () => void action());
  }

  private async releaseUndeclared(accounts: readonly string[]): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      this.directory.noteChange();
      const rows = await manager.findBy(ChannelEntity, { isDeclaredInConfig: true });
      const released = rows.filter((row) => !accounts.includes(row.accountId));
      for (const { id } of released) {
        await manager.update(ChannelEntity, { id }, { isDeclaredInConfig: false });
      }
    });
  }
}
