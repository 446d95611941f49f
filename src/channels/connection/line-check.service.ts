import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Problem } from '../../kernel/problem.js';
import type { XEnvironment } from '../../x-api/events-api.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { XCredentials } from '../../x-api/x-credentials.js';
import type { Channel } from '../channel.js';
import { ConsumerSecrets } from '../credentials/consumer-secrets.service.js';
import { LINE_CHECKS } from '../health/channel-check.js';
import { PublicUrlProbe } from '../health/public-url-probe.service.js';
import { AccountCheck } from './account-check.service.js';
import { LineFindings } from './line-findings.js';
import { Subscriptions } from './subscriptions.service.js';
import { webhookUrlOf } from './webhook-address.js';
import { WebhookCalls } from './webhook-calls.service.js';
import { notAsked, publicUrlMissing } from './webhook-problems.js';
import { type Standing, WebhookRegistration } from './webhook-registration.service.js';

/** What a look at an app's line may change. */
export interface LineWish {
  /** The channels that are to be subscribed; of others it is only looked how they stand. With none nothing is changed at X. */
  wanted: ReadonlySet<string>;
  takeOver: boolean;
  isEager: boolean;
  isChallenged: boolean;
  /** Told of each channel that was found not to stand, before it is mended. */
  onBroken: (channel: Channel, problem: Problem) => Promise<void>;
}

/** A channel whose tokens X took, with them. */
interface Usable {
  channel: Channel;
  credentials: XCredentials;
}

/**
 * Looks at the line between X and the channels of one app, and mends what it may. Everything that channels share is asked once: the
 * app's environments and webhooks in each generation that they use, and the subscriptions of each environment. Whoever calls this has the app's turn.
 */
@Injectable()
export class LineCheck {
  constructor(
    private readonly x: XApi,
    private readonly accounts: AccountCheck,
    private readonly calls: WebhookCalls,
    private readonly registration: WebhookRegistration,
    private readonly subscriptions: Subscriptions,
    private readonly consumerSecrets: ConsumerSecrets,
    private readonly publicUrl: PublicUrlProbe,
    @InjectSettings('server') private readonly server: Settings['server'],
  ) {}

  async run(channels: readonly Channel[], wish: LineWish): Promise<LineFindings> {
    const findings = new LineFindings();
    // X calls the webhook with a challenge while it registers it: the secret has to be known before.
    await this.consumerSecrets.refresh();
    const usable = await this.checkAccounts(channels, findings);
    const listed = new Map<string, XEnvironment[] | null>();
    for (const eventsApi of new Set(usable.map(({ channel }) => channel.eventsApi))) {
      const alike = usable.filter(({ channel }) => channel.eventsApi === eventsApi) as [Usable];
      listed.set(eventsApi, await this.listEnvironments(alike[0], alike.map(({ channel }) => channel), wish, findings));
    }
    for (const webhookKey of new Set(channels.map((channel) => channel.webhookKey))) {
      const sharing = channels.filter((channel) => channel.webhookKey === webhookKey);
      await this.probePublicUrl(webhookKey, sharing, findings);
      const able = usable.filter(({ channel }) => channel.webhookKey === webhookKey);
      const environments = listed.get(able[0]?.channel.eventsApi ?? '') ?? null;
      if (environments !== null) {
        await this.checkWebhook(environments, able, wish, findings);
      }
    }
    return findings;
  }

  /** With X away one call tells it; the others are not made to wait for it as well. */
  private async checkAccounts(channels: readonly Channel[], findings: LineFindings): Promise<Usable[]> {
    const usable: Usable[] = [];
    for (const channel of channels) {
      const away = findings.away;
      if (away !== null) {
        findings.note([channel], 'credentials', { ok: false, problem: away });
        continue;
      }
      await findings.unlessLimited([channel], async () => {
        const { findings: found, credentials } = await this.accounts.check(channel);
        found.forEach(([name, finding]) => findings.note([channel], name, finding));
        if (credentials !== null) {
          usable.push({ channel, credentials });
          return;
        }
        const problem = findings.problemOfCheck(channel, 'credentials');
        if (problem !== null && problem !== findings.away) {
          // Nothing else is asked with tokens that X refuses.
          LINE_CHECKS.slice(1).forEach((name) => findings.note([channel], name, { ok: false, problem: notAsked(problem) }));
        }
      });
    }
    return usable;
  }

  private async listEnvironments({ channel, credentials }: Usable, channels: readonly Channel[], { isEager }: LineWish, findings: LineFindings): Promise<XEnvironment[] | null> {
    let listed: XEnvironment[] | null = null;
    await findings.unlessLimited(channels, async () => {
      try {
        listed = await this.calls.make({ ...channel, isEager }, () => this.x.events(channel.eventsApi).listEnvironments(credentials));
      } catch (error) {
        findings.note(channels, 'webhook-registered', { ok: false, problem: findings.problemOf(error) });
      }
    });
    return listed;
  }

  private async checkWebhook(listed: readonly XEnvironment[], able: readonly Usable[], wish: LineWish, findings: LineFindings): Promise<void> {
    const [one] = able as [Usable];
    const channels = able.map(({ channel }) => channel);
    const url = this.urlOf(one.channel.webhookKey);
    if (url === null) {
      findings.note(channels, 'webhook-registered', { ok: false, problem: publicUrlMissing() });
      return;
    }
    const { appFingerprint, eventsApi, webhookKey, environmentName } = one.channel;
    const wanted = able.filter(({ channel }) => wish.wanted.has(channel.id));
    const tellWanted = async (problem: Problem): Promise<void> => {
      for (const { channel } of wanted) {
        await wish.onBroken(channel, problem);
      }
    };
    await findings.unlessLimited(channels, async () => {
      const standing = await this.registration.stand({ appFingerprint, eventsApi, webhookKey, environmentName: environmentName ?? '', url }, listed, {
        signers: wanted.length === 0 ? [] : [...wanted, ...able.filter((other) => !wanted.includes(other))].map(({ credentials }) => credentials),
        takeOver: wish.takeOver,
        isEager: wish.isEager,
        isChallenged: wish.isChallenged,
        onBroken: tellWanted,
      });
      findings.note(channels, 'environment', standing.environment);
      findings.note(channels, 'webhook-registered', standing.registered);
      findings.note(channels, 'webhook-valid', standing.valid ?? { ok: false, problem: notAsked((standing.registered as { problem: Problem }).problem) });
      if (standing.isNew) {
        findings.noteNewWebhook(webhookKey);
      }
      // Generations that share a webhook have subscriptions of their own.
      for (const api of new Set(channels.map((channel) => channel.eventsApi))) {
        await this.checkSubscriptions(able.filter(({ channel }) => channel.eventsApi === api), standing, wish, findings);
      }
    });
  }

  /** Subscriptions hang on the webhook, and a new one has none. */
  private async checkSubscriptions(able: readonly Usable[], { isNew, webhookId }: Standing, wish: LineWish, findings: LineFindings): Promise<void> {
    const [one] = able as [Usable];
    const channels = able.map(({ channel }) => channel);
    if (webhookId === null) {
      const [problem] = channels.map((channel) => findings.problemOfCheck(channel, 'webhook-registered'));
      findings.note(channels, 'subscription', { ok: false, problem: notAsked(problem ?? publicUrlMissing()) });
      return;
    }
    try {
      const listed = await this.subscriptions.list(one.channel, one.credentials, webhookId);
      await this.subscriptions.noteAppId(channels, listed?.appId ?? null);
      const standing = [];
      for (const { channel, credentials } of able) {
        const repair = wish.wanted.has(channel.id) ? { onBroken: (problem: Problem) => (isNew ? Promise.resolve() : wish.onBroken(channel, problem)) } : null;
        const isSubscribed = !isNew && (listed?.accountIds.includes(channel.accountId) ?? (await this.subscriptions.has(channel, credentials, webhookId)));
        standing.push({ channel, finding: await this.subscriptions.stand(channel, credentials, webhookId, isSubscribed, repair) });
      }
      const tier = wish.isEager ? await this.subscriptions.describeTier(one.channel, one.credentials) : '';
      for (const { channel, finding } of standing) {
        findings.note([channel], 'subscription', finding.ok ? { ok: true, detail: `${finding.detail}${tier}` } : finding);
      }
    } catch (error) {
      findings.note(channels, 'subscription', { ok: false, problem: findings.problemOf(error) });
    }
  }

  private async probePublicUrl(webhookKey: string, channels: readonly Channel[], findings: LineFindings): Promise<void> {
    const url = this.urlOf(webhookKey);
    findings.note(channels, 'public-url', url === null ? { ok: false, problem: publicUrlMissing() } : await this.publicUrl.probe(url, this.consumerSecrets.find(webhookKey) ?? []));
  }

  private urlOf(webhookKey: string): string | null {
    return this.server.publicUrl === null ? null : webhookUrlOf(this.server.publicUrl, webhookKey);
  }
}
