import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { Log } from '../../runtime/log.service.js';
import type { XEnvironment, XWebhook } from '../../x-api/events-api.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { XCredentials } from '../../x-api/x-credentials.js';
import type { Channel } from '../channel.js';
import type { Finding } from '../health/channel-check.js';
import { WebhookCalls } from './webhook-calls.service.js';
import { environmentNotFound, movedWebhook, notConnected, occupied, occupiedApp, webhookInvalid } from './webhook-problems.js';
import type { WebhookEntity } from './webhook.entity.js';
import { lastFailureOf, Webhooks } from './webhooks.service.js';

/** One webhook of ours: an app, an environment, an address. */
export type WebhookPlace = Pick<Channel, 'appFingerprint' | 'eventsApi' | 'webhookKey'> & { environmentName: string; url: string };

/** What may be done so that it stands. */
export interface Repair {
  /** Whose tokens to call X with, the likeliest first: X wants those of the app's owner. Empty: nothing is changed. */
  signers: readonly XCredentials[];
  /** A webhook of somebody else in our place is taken away. */
  takeOver: boolean;
  /** Also when it failed not long ago. */
  isEager: boolean;
  /** X is made to challenge it also when it is valid. */
  isChallenged: boolean;
  /** Told before anything is mended that was well before. */
  onBroken: (problem: Problem) => Promise<void>;
}

/** How the webhook stands. What could not be asked is not there. */
export interface Standing {
  environment: Finding;
  registered: Finding;
  valid?: Finding;
  /** X's id of it; null where X has none. */
  webhookId: string | null;
  /** It was made now: nobody is subscribed to it yet. */
  isNew: boolean;
}

/** Our place among X's webhooks: one an environment, taken without pushing anybody out unless told to. */
@Injectable()
export class WebhookRegistration {
  constructor(
    private readonly x: XApi,
    private readonly calls: WebhookCalls,
    private readonly webhooks: Webhooks,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Looks at our webhook among those that X lists, and makes it stand as far as `repair` lets it. @throws Problem `x.rate-limited` */
  async stand(place: WebhookPlace, listed: readonly XEnvironment[], repair: Repair): Promise<Standing> {
    const webhooks = listed.find(({ name }) => name === place.environmentName)?.webhooks;
    const ours = webhooks?.find(({ url }) => url === place.url);
    const environment: Finding = webhooks === undefined ? { ok: false, problem: environmentNotFound(place.environmentName, listed) } : this.environmentStands(place);
    if (ours !== undefined) {
      return { environment, registered: { ok: true, detail: `X calls ${place.url}.` }, ...(await this.validate(place, ours, repair)), webhookId: ours.id };
    }
    if (repair.signers.length === 0) {
      return { environment, registered: { ok: false, problem: notConnected() }, isNew: false, webhookId: null };
    }
    let webhookId: string;
    try {
      webhookId = await this.register(place, webhooks ?? [], repair, environment);
    } catch (error) {
      return { ...(await this.failed(error, environment, listed, place)), isNew: false, webhookId: null };
    }
    return {
      environment: this.environmentStands(place),
      registered: { ok: true, detail: `X calls ${place.url}.` },
      valid: { ok: true, detail: 'X has challenged the webhook and took its answer.' },
      isNew: true,
      webhookId,
    };
  }

  private environmentStands({ eventsApi, environmentName }: WebhookPlace): Finding {
    return { ok: true, detail: this.x.events(eventsApi).hasEnvironments ? `X has the environment “${environmentName}”.` : 'This generation of X’s API has no environments.' };
  }

  /** Takes our webhook away, if X has it. @throws Problem */
  async remove(place: WebhookPlace, credentials: XCredentials): Promise<void> {
    const events = this.x.events(place.eventsApi);
    const listed = await this.calls.make({ ...place, isEager: true }, () => events.listEnvironments(credentials));
    const ours = listed.find(({ name }) => name === place.environmentName)?.webhooks.find(({ url }) => url === place.url);
    if (ours !== undefined) {
      await this.calls.make({ ...place, isEager: true }, () => events.deleteWebhook(credentials, { environmentName: place.environmentName, webhookId: ours.id }));
    }
  }

  private async validate(place: WebhookPlace, ours: XWebhook, repair: Repair): Promise<Pick<Standing, 'valid' | 'isNew'>> {
    const known = await this.webhooks.find(place.webhookKey);
    const isAsked = repair.signers.length > 0 && (repair.isChallenged || (!ours.isValid && this.isItTime(known, repair)));
    if (!isAsked) {
      if (ours.isValid) {
        await (known?.xWebhookId === ours.id && known.failures === 0 ? undefined : this.webhooks.noteValid(place.webhookKey, ours.id));
        return { valid: { ok: true, detail: 'X holds the webhook for valid.' }, isNew: false };
      }
      return { valid: { ok: false, problem: lastFailureOf(known) ?? webhookInvalid() }, isNew: false };
    }
    if (!ours.isValid) {
      await repair.onBroken(webhookInvalid());
    }
    try {
      await this.signed(repair.signers, (signer) => this.calls.make({ ...place, isEager: repair.isEager }, () => this.x.events(place.eventsApi).revalidateWebhook(signer, { environmentName: place.environmentName, webhookId: ours.id })));
    } catch (error) {
      const problem = problemOf(error);
      await this.webhooks.noteFailure(place.webhookKey, ours.id, problem);
      return { valid: { ok: false, problem }, isNew: false };
    }
    await this.webhooks.noteValid(place.webhookKey, ours.id);
    return { valid: { ok: true, detail: 'X has challenged the webhook and took its answer.' }, isNew: false };
  }

  /** After failures X is left alone for a while, unless a person asks. */
  private isItTime(known: WebhookEntity | null, { isEager }: Repair): boolean {
    return isEager || (known?.revalidateAt ?? 0) <= this.clock.now();
  }

  private async register(place: WebhookPlace, inPlace: readonly XWebhook[], repair: Repair, environment: Finding): Promise<string> {
    const events = this.x.events(place.eventsApi);
    const known = await this.webhooks.find(place.webhookKey);
    const moved = inPlace.find(({ id }) => id === known?.xWebhookId);
    // Where several have room, those of others are in nobody's way until X says so.
    const other = moved ?? (events.hasEnvironments ? inPlace[0] : undefined);
    const isMoved = other !== undefined && other === moved;
    if (other !== undefined && !isMoved && !repair.takeOver) {
      throw occupied(place.environmentName, other);
    }
    await repair.onBroken(isMoved ? movedWebhook(other) : environment.ok ? notConnected() : environment.problem);
    if (!this.isItTime(known, repair)) {
      throw lastFailureOf(known) ?? notConnected();
    }
    if (other !== undefined) {
      await this.takeAway(place, other, repair, isMoved);
    }
    // A label that X does not list is tried all the same: X then says in its own words, and with its code, what is wrong with it.
    try {
      return await this.registerNow(place, repair).catch(async (error: unknown) => {
        await this.makeRoom(place, inPlace.filter((one) => one !== other), repair, error);
        return this.registerNow(place, repair);
      });
    } catch (error) {
      const problem = problemOf(error);
      await (isOfWebhook(problem) ? this.webhooks.noteFailure(place.webhookKey, null, problem) : undefined);
      throw error;
    }
  }

  private async registerNow(place: WebhookPlace, repair: Repair): Promise<string> {
    const made = await this.signed(repair.signers, (signer) => this.calls.make({ ...place, isEager: repair.isEager }, () => this.x.events(place.eventsApi).registerWebhook(signer, place.environmentName, place.url)));
    await this.webhooks.noteValid(place.webhookKey, made.id);
    return made.id;
  }

  private async takeAway(place: WebhookPlace, { id, url }: XWebhook, repair: Repair, isOurs: boolean): Promise<void> {
    this.log.warn('A webhook is taken away at X', { url, isOurs });
    const line = { environmentName: place.environmentName, webhookId: id };
    await this.signed(repair.signers, (signer) => this.calls.make({ ...place, isEager: repair.isEager }, () => this.x.events(place.eventsApi).deleteWebhook(signer, line)));
  }

  /** X has no room for one more. Of several, which one is to go is not for us to say. @throws `refusal`, or what is in the way */
  private async makeRoom(place: WebhookPlace, foreign: readonly XWebhook[], repair: Repair, refusal: unknown): Promise<void> {
    const [other] = foreign;
    if (this.x.events(place.eventsApi).hasEnvironments || other === undefined || !(refusal instanceof Problem) || refusal.code !== 'channel.webhook-occupied') {
      throw refusal;
    }
    if (!repair.takeOver || foreign.length > 1) {
      throw occupiedApp(foreign.map(({ url }) => url), refusal);
    }
    await this.takeAway(place, other, repair, false);
  }

  /** Tries one after the other: only the tokens of the app's owner may change its webhooks, and which account that is X does not tell. */
  private async signed<T>(signers: readonly XCredentials[], call: (signer: XCredentials) => Promise<T>): Promise<T> {
    let refusal: unknown;
    for (const signer of signers) {
      try {
        return await call(signer);
      } catch (error) {
        refusal ??= error;
        if (!isOfSigner(error)) {
          throw error;
        }
      }
    }
    throw refusal;
  }

  private async failed(error: unknown, environment: Finding, listed: readonly XEnvironment[], place: WebhookPlace): Promise<Pick<Standing, 'environment' | 'registered'>> {
    const problem = problemOf(error);
    if (problem.extras.x?.status === 404 && this.x.events(place.eventsApi).hasEnvironments) {
      const notFound = environmentNotFound(place.environmentName, listed, problem);
      return { environment: { ok: false, problem: notFound }, registered: { ok: false, problem: notFound } };
    }
    // X does not list an environment without a webhook everywhere; what it said of the registration tells more.
    return { environment: environment.ok || problem.code === 'x.unavailable' ? environment : { ok: true, detail: 'X does not list the environment and knows it.' }, registered: { ok: false, problem } };
  }
}

/** What X has against the webhook itself, and would have again at once. */
function isOfWebhook({ code, extras }: Problem): boolean {
  return extras.x?.code === 214 || code === 'channel.webhook-crc-rejected' || code === 'channel.webhook-url-rejected';
}

/** X refuses who asks, not what is asked. */
function isOfSigner(error: unknown): boolean {
  const x = error instanceof Problem ? error.extras.x : undefined;
  return (x?.status === 401 || x?.status === 403) && x.code !== 214;
}

/** @throws what is no problem of the webhook: a defect of ours, or X's limit, after which nothing more is known */
function problemOf(error: unknown): Problem {
  if (error instanceof Problem && error.code !== 'x.rate-limited') {
    return error;
  }
  throw error;
}
