import { Injectable } from '@nestjs/common';
import type { Channel } from '../../channels/channel.js';
import { assertFeature } from '../../channels/channel-features.js';
import { assertNotRevoked } from '../../channels/channel-refused.js';
import { ConnectionTurns } from '../../channels/connection/connection-turns.service.js';
import { ChannelCredentials } from '../../channels/credentials/channel-credentials.service.js';
import { ChannelCredits } from '../../channels/credits/channel-credits.service.js';
import { toXProblem } from '../../channels/x-problem.js';
import { Reader } from '../../database/reader.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { Log } from '../../runtime/log.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { XCredentials } from '../../x-api/x-credentials.js';
import { isNotFound, unlessRefused } from '../../x-api/x-failure.js';
import { type WelcomeContent, WelcomeMessageEntity } from './welcome-message.entity.js';

/**
 * What a channel greets people with. X keeps it, and shows the one whose rule it has got last:
 *
 * new message at X ──▶ its rule ──▶ known to us ──▶ what was before is taken away
 *
 * The old one is shown until the new one is. Ours bear the channel's name at X: whatever a step that failed has left, an answer that
 * was lost too, is found by it and taken away, at once or with the next change. What others have made at X stays.
 */
@Injectable()
export class WelcomeMessages {
  constructor(
    private readonly x: XApi,
    private readonly credentials: ChannelCredentials,
    private readonly credits: ChannelCredits,
    private readonly turns: ConnectionTurns,
    private readonly reader: Reader,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** @throws Problem `channel.no-welcome-message` */
  async get(channel: Channel): Promise<WelcomeMessageEntity> {
    const found = await this.find(channel);
    if (found === null) {
      throw new Problem('channel.no-welcome-message', 'The channel has no welcome message of this service.');
    }
    return found;
  }

  /** @throws Problem `channel.not-supported`, or what X says; what was before is shown on then */
  set(channel: Channel, content: WelcomeContent): Promise<WelcomeMessageEntity> {
    return this.change(channel, async (credentials) => {
      let kept = (await this.find(channel))?.xWelcomeMessageId ?? null;
      try {
        const xWelcomeMessageId = await this.x.welcomeMessages.create(credentials, nameOf(channel), content);
        await this.x.welcomeMessages.show(credentials, xWelcomeMessageId);
        const entity = Object.assign(new WelcomeMessageEntity(), { channelId: channel.id, xWelcomeMessageId, content, updatedAt: this.clock.now() });
        await this.unitOfWork.run((manager) => manager.save(WelcomeMessageEntity, entity));
        kept = xWelcomeMessageId;
        return entity;
      } finally {
        await this.clear(channel, credentials, kept).catch((error: unknown) => this.log.error('A welcome message could not be taken away at X', { channelId: channel.id }, error));
      }
    });
  }

  /** Does nothing where there is none. @throws Problem `channel.not-supported`, or what X says; it is shown on then */
  async remove(channel: Channel): Promise<void> {
    await this.change(channel, async (credentials) => {
      await this.clear(channel, credentials, null);
      await this.unitOfWork.run((manager) => manager.delete(WelcomeMessageEntity, { channelId: channel.id }));
    });
  }

  private find(channel: Channel): Promise<WelcomeMessageEntity | null> {
    return this.reader.repository(WelcomeMessageEntity).findOneBy({ channelId: channel.id });
  }

  /** One change of a channel's at a time, over all instances. */
  private async change<T>(channel: Channel, work: (credentials: XCredentials) => Promise<T>): Promise<T> {
    assertFeature(channel, 'welcome-messages');
    assertNotRevoked(channel);
    const credentials = await this.credentials.get(channel.id);
    return this.turns.run(`welcome:${channel.id}`, () =>
      this.credits.noticing(channel, 'welcome-messages', () => work(credentials)).catch((error: unknown) => {
        throw toXProblem(error);
      }),
    );
  }

  /** Takes away at X all of ours but one, their rules first. */
  private async clear(channel: Channel, credentials: XCredentials, kept: string | null): Promise<void> {
    const { welcomeMessages } = this.x;
    const name = nameOf(channel);
    const old = (await welcomeMessages.list(credentials)).filter((message) => message.name === name && message.id !== kept);
    const rules = old.length === 0 ? [] : await welcomeMessages.listRules(credentials);
    for (const { id } of rules.filter(({ messageId }) => old.some((message) => message.id === messageId))) {
      await unlessRefused(isNotFound, () => welcomeMessages.removeRule(credentials, id));
    }
    for (const { id } of old) {
      await unlessRefused(isNotFound, () => welcomeMessages.remove(credentials, id));
    }
  }
}

/** Only its owner sees it at X. */
function nameOf({ id }: Channel): string {
  return `twitter-dm-channel ${id}`;
}
