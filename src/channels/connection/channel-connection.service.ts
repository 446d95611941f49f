import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { MINUTE_MS } from '../../kernel/duration.js';
import type { Problem } from '../../kernel/problem.js';
import { Log } from '../../runtime/log.service.js';
import { Timers } from '../../runtime/timers.service.js';
import type { Channel } from '../channel.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import { isToBeKeptAlive } from '../channel-status.js';
import { ChannelCredentials } from '../credentials/channel-credentials.service.js';
import type { CheckName } from '../health/channel-check.js';
import { ChannelChecks } from '../health/channel-checks.service.js';
import { FormerLines } from './former-lines.service.js';
import { ChannelStates } from './channel-states.service.js';
import { ConnectionTurns } from './connection-turns.service.js';
import type { LineFindings } from './line-findings.js';
import { Subscriptions } from './subscriptions.service.js';
import { webhookUrlOf } from './webhook-address.js';
import { WebhookRegistration } from './webhook-registration.service.js';

/** What keeps a channel from being connected, in the order in which it is told. What X refuses tells more than what the tokens' level foretells. */
const IN_THE_WAY: readonly CheckName[] = ['credentials', 'environment', 'webhook-registered', 'webhook-valid', 'subscription', 'direct-message-permission'];

const AFTER_FAULT_EVERY_MS = MINUTE_MS;

/** A channel's line to X, as people ask for it: made to stand, mended, ended. */
@Injectable()
export class ChannelConnection {
  private readonly checkedAfterFaultAt = new Map<string, number>();

  constructor(
    private readonly checks: ChannelChecks,
    private readonly turns: ConnectionTurns,
    private readonly states: ChannelStates,
    private readonly registration: WebhookRegistration,
    private readonly subscriptions: Subscriptions,
    private readonly formerLines: FormerLines,
    private readonly credentials: ChannelCredentials,
    private readonly directory: ChannelDirectory,
    private readonly timers: Timers,
    private readonly log: Log,
    @InjectSettings('server') private readonly server: Settings['server'],
  ) {}

  /** Registers or adopts the webhook and subscribes the account. Repeating it is harmless. @throws Problem that says what to do at X */
  async connect(channel: Channel, { takeOver }: { takeOver: boolean }): Promise<void> {
    const findings = await this.checks.run(channel.appFingerprint, [channel], { wanted: [channel], takeOver, isEager: true, isChallenged: false, isKeptAlive: false });
    const problem = problemInTheWay(channel, findings);
    if (problem !== null) {
      throw problem;
    }
  }

  /** Ends the subscription; the webhook stays for the other channels. @throws Problem when X does not answer */
  disconnect(channel: Channel): Promise<void> {
    return this.turns.run(channel.appFingerprint, async () => {
      await this.formerLines.end(channel);
      await this.subscriptions.end(channel, await this.credentials.get(channel.id));
      await this.states.become(channel.id, 'disconnected', null);
    });
  }

  /** `disconnect`, and our webhook goes too when this was its last channel. */
  remove(channel: Channel): Promise<void> {
    return this.turns.run(channel.appFingerprint, async () => {
      const credentials = await this.credentials.get(channel.id);
      await this.formerLines.end(channel);
      await this.subscriptions.end(channel, credentials);
      const sharing = await this.directory.listOfWebhook(channel.webhookKey);
      const { publicUrl } = this.server;
      if (publicUrl !== null && sharing.every((other) => other.id === channel.id)) {
        const place = { ...channel, environmentName: channel.environmentName ?? '', url: webhookUrlOf(publicUrl, channel.webhookKey) };
        await this.registration.remove(place, credentials).catch((error: unknown) => {
          this.log.warn('A webhook could not be taken away at X', { channelId: channel.id, reason: String(error) });
        });
      }
    });
  }

  /**
   * Looks at a channel, makes its line stand where it is to stand, or says in its state why it does not. A channel that X refused is asked
   * about again: a person, or new credentials, gave a reason to. With `isToConnect` one that never was connected is from then on. Never throws.
   */
  async repair(channelId: string, { isChallenged = false, isToConnect = false } = {}): Promise<void> {
    try {
      const channel = await this.directory.findById(channelId);
      if (channel !== null) {
        const isWanted = isToConnect || isToBeKeptAlive(channel.connection) || channel.connection === 'revoked';
        await this.checks.run(channel.appFingerprint, [channel], { wanted: isWanted ? [channel] : [], takeOver: false, isEager: true, isChallenged: isWanted && isChallenged, isKeptAlive: true });
      }
    } catch (error) {
      this.log.error('A channel could not be checked', { channelId }, error);
    }
  }

  /** X refused a send for a reason that lies in the channel: one look tells why, however many sends were refused. */
  async checkAfterFault(channelId: string): Promise<void> {
    const now = this.timers.monotonicMs();
    if (now - (this.checkedAfterFaultAt.get(channelId) ?? -Infinity) >= AFTER_FAULT_EVERY_MS) {
      this.checkedAfterFaultAt.set(channelId, now);
      await this.repair(channelId);
    }
  }

  /** The account withdrew the app's access, or X does not let it act; nothing is asked of X until somebody gives a reason to. */
  async markRevoked(channelId: string, problem: Problem): Promise<void> {
    await this.states.become(channelId, 'revoked', problem.explanation, ['pending', 'connected', 'degraded', 'disconnected']);
  }
}

function problemInTheWay(channel: Channel, findings: LineFindings): Problem | null {
  const problems = IN_THE_WAY.map((name) => findings.problemOfCheck(channel, name));
  return problems.find((problem) => problem !== null) ?? findings.limitOf(channel.id);
}
