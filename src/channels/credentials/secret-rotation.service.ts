import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { ChannelEntity } from '../channel.entity.js';
import { WebhookEntity } from '../connection/webhook.entity.js';
import { ChannelSecretEntity } from './channel-secret.entity.js';
import { ConsumerSecrets } from './consumer-secrets.service.js';
import { isRetired } from './secret-retirement.js';

/** Takes back the trust in secrets that were replaced, once X signs with their successors. */
@Injectable()
export class SecretRotation {
  constructor(
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly consumerSecrets: ConsumerSecrets,
    private readonly clock: Clock,
  ) {}

  /** Returns how many are trusted no more. */
  async retire(): Promise<number> {
    const replaced = await this.reader.repository(ChannelSecretEntity).findBy({ name: In(['previousConsumerSecret', 'previousClientSecret']) });
    if (replaced.length === 0) {
      return 0;
    }
    const channels = await this.reader.repository(ChannelEntity).findBy({ id: In(replaced.map(({ channelId }) => channelId)) });
    const webhooks = await this.reader.repository(WebhookEntity).findBy({ webhookKey: In(channels.map(({ webhookKey }) => webhookKey)) });
    const seenAt = ({ channelId, name }: ChannelSecretEntity): Instant | null => {
      const channel = channels.find(({ id }) => id === channelId);
      const webhook = webhooks.find(({ webhookKey }) => webhookKey === channel?.webhookKey);
      return (name === 'previousClientSecret' ? webhook?.newClientSecretSeenAt : webhook?.newSecretSeenAt) ?? null;
    };
    const over = replaced.filter((row) => isRetired(row.updatedAt, seenAt(row), this.clock.now()));
    await this.unitOfWork.run(async (manager) => {
      for (const { channelId, name, updatedAt } of over) {
        await manager.delete(ChannelSecretEntity, { channelId, name, updatedAt });
      }
    });
    await (over.length > 0 ? this.consumerSecrets.refresh() : undefined);
    return over.length;
  }
}
