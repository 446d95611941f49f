import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { XApi } from '../../x-api/x-api.service.js';
import { XFailure } from '../../x-api/x-failure.js';
import type { Channel } from '../channel.js';
import { type Connection, isToBeKeptAlive } from '../channel-status.js';
import { ChannelDirectory } from '../channel-directory.service.js';
import { ChannelStates } from '../connection/channel-states.service.js';
import { ConnectionTurns } from '../connection/connection-turns.service.js';
import { FormerLines } from '../connection/former-lines.service.js';
import { LineCheck } from '../connection/line-check.service.js';
import type { LineFindings } from '../connection/line-findings.js';
import { ChannelCredentials } from '../credentials/channel-credentials.service.js';
import { ChannelCredits } from '../credits/channel-credits.service.js';
import { Recoveries } from '../recovery/recoveries.service.js';
import { accountAfter, connectionAfter, type Finding, type Findings, withoutUnpaid } from './channel-check.js';
import { ChannelHealth } from './channel-health.service.js';
import type { ChannelHealthEntity } from './channel-health.entity.js';
import { EventFlow } from './event-flow.service.js';
import { HOUR_MS } from './silence.js';

/** A silent channel is probed when its silence is noticed, and again after this. */
const PROBE_AGAIN_MS = 6 * HOUR_MS;
/** An account's settings change seldom, and X lets us ask seldom for them. */
const SETTINGS_EVERY_MS = HOUR_MS;

export interface CheckWish {
  /** Those whose line is to stand. Of the others it is only looked how it does. */
  wanted: readonly Channel[];
  takeOver: boolean;
  /** A person asks: what failed not long ago, and what is asked seldom, is asked all the same. */
  isEager: boolean;
  /** X is made to prove that it reaches our webhook, also where it says that all is well. */
  isChallenged: boolean;
  /** What fails is tried again by the timetable. Otherwise one that is not connected stays what it is. */
  isKeptAlive: boolean;
}

/** A look at channels of one app: their line to X, and what else can be told of them. All of it is written down as their health. */
@Injectable()
export class ChannelChecks {
  constructor(
    private readonly turns: ConnectionTurns,
    private readonly line: LineCheck,
    private readonly formerLines: FormerLines,
    private readonly states: ChannelStates,
    private readonly health: ChannelHealth,
    private readonly flow: EventFlow,
    private readonly recoveries: Recoveries,
    private readonly directory: ChannelDirectory,
    private readonly credentials: ChannelCredentials,
    private readonly credits: ChannelCredits,
    private readonly x: XApi,
    private readonly clock: Clock,
  ) {}

  /** `asked` are of one app, `wish.wanted` among them. */
  run(appFingerprint: string, asked: readonly Channel[], wish: CheckWish): Promise<LineFindings> {
    return this.turns.run(appFingerprint, async () => {
      const channels = await this.listStill(asked, wish);
      const wanted = channels.filter(({ id }) => wish.wanted.some((one) => one.id === id));
      const unended = new Map<string, string>();
      for (const channel of channels) {
        // First: it may have the place that the new line needs.
        const reason = await this.formerLines.end(channel);
        if (reason !== null) {
          unended.set(channel.id, reason);
        }
      }
      const findings = await this.look(channels, { ...wish, wanted }, unended);
      // A new webhook has none of the subscriptions that hung on the one before it.
      const bereft = await this.listOthersOf(findings.listNewWebhooks(), channels);
      if (bereft.length > 0) {
        await this.look(bereft, { ...wish, wanted: bereft, takeOver: false, isChallenged: false, isKeptAlive: true });
      }
      return findings;
    });
  }

  /** As they are now that it is our turn: who was disconnected, removed or revoked meanwhile is not looked at, and so not subscribed again. */
  private async listStill(asked: readonly Channel[], { isKeptAlive }: CheckWish): Promise<Channel[]> {
    const now = await this.directory.findByIds(asked.map(({ id }) => id));
    return now.filter((channel) => !isKeptAlive || isToBeKeptAlive(channel.connection) || asked.some(({ id, connection }) => id === channel.id && connection === channel.connection));
  }

  private async listOthersOf(webhookKeys: readonly string[], channels: readonly Channel[]): Promise<Channel[]> {
    const sharing = await Promise.all(webhookKeys.map((webhookKey) => this.directory.listOfWebhook(webhookKey)));
    return sharing.flat().filter(({ id, connection }) => isToBeKeptAlive(connection) && !channels.some((one) => one.id === id));
  }

  /** `unended`: why what channels had before is not ended yet, by their ids. */
  private async look(channels: readonly Channel[], wish: CheckWish, unended: ReadonlyMap<string, string> = new Map()): Promise<LineFindings> {
    const flows = new Map<string, { finding: Finding; isProbed: boolean }>();
    for (const channel of channels) {
      flows.set(channel.id, await this.checkFlow(channel, wish));
    }
    const findings = await this.line.run(channels, {
      ...wish,
      wanted: new Set(wish.wanted.map(({ id }) => id)),
      isChallenged: wish.isChallenged || [...flows.values()].some(({ isProbed }) => isProbed),
      onBroken: (channel, problem) => this.states.become(channel.id, 'degraded', problem.explanation, ['connected']),
    });
    for (const channel of channels) {
      findings.note([channel], 'event-flow', flows.get(channel.id)?.finding ?? { ok: true, detail: 'X has told of nothing yet.' });
      await this.checkSettings(channel, findings, wish.isEager);
      findings.addTo(channel, 'subscription', unended.get(channel.id) ?? '');
      const found = await this.withCredits(channel, findings.of(channel.id), wish.isEager);
      await this.health.note(channel.id, found);
      await this.settle(channel, found, wish);
    }
    return findings;
  }

  /** What the look means for how the channel stands. What has happened since it began stays. */
  private async settle(channel: Channel, found: Findings, wish: CheckWish): Promise<void> {
    const isWanted = wish.wanted.some(({ id }) => id === channel.id);
    const wasConnected = channel.connection !== 'pending' && channel.connection !== 'disconnected';
    const after = isWanted ? connectionAfter(found) : accountAfter(found);
    if (after === null || (isWanted && !wasConnected && after.problem !== null && !wish.isKeptAlive)) {
      return;
    }
    const from: Connection[] = channel.connection === 'connected' ? ['connected', 'degraded'] : [channel.connection];
    await this.states.become(channel.id, after.connection, after.problem?.explanation ?? null, from);
  }

  /**
   * X charges for some calls: one that it refused for want of credits found nothing out, and stops the sends as well. When a person asks,
   * the next message tries at once whether there are credits again.
   */
  private async withCredits(channel: Channel, all: Findings, isEager: boolean): Promise<Findings> {
    const { findings, isDepleted } = withoutUnpaid(all);
    if (isDepleted) {
      await this.credits.noteRefusal(channel.id, { by: 'line', messageId: null }, null);
    } else {
      const isAnswered = findings.get('credentials')?.ok === true && channel.creditsStop?.by === 'line';
      await (isAnswered ? this.credits.noteTaken(channel.id, { by: 'line', messageId: null }) : undefined);
      await (isEager && channel.creditsStop !== null ? this.credits.tryNow(channel.id) : undefined);
    }
    return new Map([...findings, ['credits', await this.credits.check(channel.id)]]);
  }

  private async checkFlow(channel: Channel, wish: CheckWish): Promise<{ finding: Finding; isProbed: boolean }> {
    const health = await this.health.get(channel.id);
    const { finding: heard, silence } = await this.flow.check(channel.id, health.lastEventAt);
    const finding = heard.ok ? { ...heard, detail: `${heard.detail}${await this.recoveries.describe(channel.id)}` } : heard;
    const isProbed = silence !== null && wish.wanted.some(({ id }) => id === channel.id) && isProbeDue(health, this.clock.now());
    if (isProbed) {
      await this.health.noteProbe(channel.id);
      await this.recoveries.noteGap([channel.id]);
    }
    return { finding, isProbed };
  }

  private async checkSettings(channel: Channel, findings: LineFindings, isEager: boolean): Promise<void> {
    const tokens = findings.of(channel.id).get('credentials');
    const { checks } = await this.health.get(channel.id);
    const asked = checks.find(({ name }) => name === 'open-direct-messages')?.checkedAt ?? -Infinity;
    if (tokens?.ok !== true || (!isEager && this.clock.now() - asked < SETTINGS_EVERY_MS)) {
      return;
    }
    const receivesFrom = await this.x.accounts.findReceivesFrom(await this.credentials.get(channel.id)).catch((error: unknown) => {
      if (error instanceof XFailure) {
        return null;
      }
      throw error;
    });
    findings.note([channel], 'open-direct-messages', openness(receivesFrom));
  }
}

function isProbeDue({ probedAt, lastEventAt }: ChannelHealthEntity, now: number): boolean {
  return probedAt === null || probedAt < (lastEventAt ?? 0) || now - probedAt >= PROBE_AGAIN_MS;
}

function openness(receivesFrom: 'anyone' | 'followed' | null): Finding {
  switch (receivesFrom) {
    case 'anyone':
      return { ok: true, detail: 'Everybody may write to the account.' };
    case 'followed':
      return {
        ok: false,
        problem: new Problem('channel.closed-to-strangers', 'Only people whom the account follows can write to it.', {
          remedy: 'At x.com, as the account: “Privacy and safety” → “Direct messages” → allow message requests from everyone.',
        }),
      };
    case null:
      return { ok: true, detail: 'X does not tell who may write to the account.' };
  }
}
