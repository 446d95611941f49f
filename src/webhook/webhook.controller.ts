import { Controller, Get, Headers, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '../access/access.decorator.js';
import { WebhookSightings } from '../channels/connection/webhook-sightings.service.js';
import type { SigningSecretName } from '../channels/credentials/channel-credentials.service.js';
import { ConsumerSecrets } from '../channels/credentials/consumer-secrets.service.js';
import { OWN_CHALLENGE } from '../channels/health/own-challenge.js';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { Operation } from '../http/operation.decorator.js';
import { Problem } from '../kernel/problem.js';
import { Log } from '../runtime/log.service.js';
import { Timers } from '../runtime/timers.service.js';
import { answerChallenge, isChallengeToken } from './crc-challenge.js';
import { isSignedByX, isSignedEitherWay, type Signatures } from './event-signature.js';
import { challengeAnswerSchema, CHALLENGE_QUERY, DELIVERY_BODY, NONCE_QUERY } from './webhook.dto.js';
import { WebhookInbox } from './webhook-inbox.service.js';
import { WebhookMetrics } from './webhook-metrics.service.js';
import { WebhookProcessor } from './webhook-processor.service.js';

const SIGNATURE_HEADER = 'x-twitter-webhooks-signature';
const CLIENT_SIGNATURE_HEADER = 'x-twitter-webhooks-signature-oauth2';

/** For the docs explorer. */
const WEBHOOK_PATH = { key: 'The last part of a channel’s `webhookUrl`.' };

/** Where X calls us. Nothing here waits for anything but the disk, and for that not longer than X does. */
@Controller('webhooks/x')
@ApiTags('Webhook')
@Public()
export class WebhookController {
  constructor(
    private readonly secrets: ConsumerSecrets,
    private readonly sightings: WebhookSightings,
    private readonly inbox: WebhookInbox,
    private readonly processor: WebhookProcessor,
    private readonly metrics: WebhookMetrics,
    private readonly timers: Timers,
    private readonly log: Log,
    @InjectSettings('webhook') private readonly settings: Settings['webhook'],
  ) {}

  @Get(':key')
  @Operation({
    summary: 'Answer X’s challenge (CRC)',
    path: WEBHOOK_PATH,
    description: 'For X. A token of another shape than X’s is refused: signing it would sign a forged event.',
    isPublic: true,
    answers: { 200: { description: 'The signed token.', schema: challengeAnswerSchema } },
    problems: ['webhook.challenge-invalid', 'webhook.unknown', 'service.unavailable'],
  })
  @ApiQuery(NONCE_QUERY)
  @ApiQuery(CHALLENGE_QUERY)
  async challenge(
    @Param('key') key: string,
    @Query('crc_token') token: unknown,
    @Headers(SIGNATURE_HEADER) signature: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<{ response_token: string }> {
    if (!isChallengeToken(token)) {
      throw new Problem('webhook.challenge-invalid', '`crc_token` must be 16 to 128 characters of A–Z a–z 0–9 + / = _ and -.');
    }
    return this.metrics.challenge(() => this.answer(key, token, signature, request.url));
  }

  private async answer(key: string, token: string, signature: string | undefined, url: string): Promise<{ response_token: string }> {
    const secrets = this.secrets.find(key) ?? (await this.secrets.findAfresh(key)) ?? [];
    // v1.1 signs its challenges: during a rotation that tells which secret X wants to see.
    const query = Buffer.from(url.slice(url.indexOf('?') + 1));
    const secret = secrets.find((candidate) => isSignedByX(query, signature, [candidate])) ?? secrets[0];
    if (secret === undefined) {
      throw unknownWebhook();
    }
    if (!token.startsWith(OWN_CHALLENGE)) {
      this.sightings.noteChallenge(key);
    }
    this.noteSecret(key, 'consumerSecret', secrets, query, signature);
    return { response_token: answerChallenge(token, secret) };
  }

  @Post(':key')
  @HttpCode(200)
  @Operation({
    summary: 'Take an event from X',
    path: WEBHOOK_PATH,
    description: 'For X. The signature is checked on the raw bytes before anything is read of them; 200 means that the event is on disk.',
    isPublic: true,
    answers: { 200: { description: 'Stored.' } },
    problems: [
      'webhook.signature-invalid',
      'webhook.unknown',
      'request.invalid',
      'request.body-too-large',
      'request.unsupported-media-type',
      'webhook.not-stored',
    ],
  })
  @ApiHeader({ name: CLIENT_SIGNATURE_HEADER, required: false, description: 'The same by the app’s client secret of OAuth 2.0, where a channel has one. One of the two must hold; the other may be wrong or not there.' })
  @ApiHeader({ name: SIGNATURE_HEADER, required: false, description: '`sha256=` and the base64 HMAC-SHA256 of the body’s very bytes by the app’s consumer secret.' })
  @ApiBody(DELIVERY_BODY)
  async event(
    @Param('key') key: string,
    @Headers(SIGNATURE_HEADER) consumerSecret: string | undefined,
    @Headers(CLIENT_SIGNATURE_HEADER) clientSecret: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await this.metrics.delivery(async () => {
      const work = this.verify(key, body, { consumerSecret, clientSecret }).then(() => this.store(key, body));
      const outcome = await this.timers.within(this.settings.acknowledgeWithinMs, work, () => 'too-slow' as const);
      if (outcome !== 'stored') {
        throw new Problem('webhook.not-stored', 'The event is not stored; send it again.', { retryAfterMs: 1_000 });
      }
    });
  }

  /** A success that is too late for the answer is stored twice when X repeats the event; its effects are there once. */
  private async store(key: string, body: Buffer): Promise<'stored' | 'failed'> {
    try {
      await this.inbox.store(key, body);
    } catch (error) {
      this.log.error('An event could not be stored', {}, error);
      return 'failed';
    }
    this.processor.wake();
    return 'stored';
  }

  /** Which of an old and a new secret X signs with: the old one's time ends when it is the new one. */
  private noteSecret(key: string, kind: SigningSecretName, secrets: readonly string[], bytes: Buffer, signature: string | undefined): void {
    if (secrets.length > 1 && isSignedByX(bytes, signature, secrets.slice(0, 1))) {
      this.sightings.noteNewSecret(key, kind);
    }
  }

  private async verify(key: string, body: Buffer, signatures: Signatures): Promise<void> {
    const known = { consumerSecret: this.secrets.find(key) ?? [], clientSecret: this.secrets.findClientSecrets(key) };
    if (isSignedEitherWay(body, signatures, known)) {
      this.noteSecret(key, 'consumerSecret', known.consumerSecret, body, signatures.consumerSecret);
      this.noteSecret(key, 'clientSecret', known.clientSecret, body, signatures.clientSecret);
      return;
    }
    // Another instance may have added the channel or changed its secrets.
    const consumerSecret = await this.secrets.findAfresh(key);
    if (consumerSecret === null) {
      throw unknownWebhook();
    }
    if (!isSignedEitherWay(body, signatures, { consumerSecret, clientSecret: this.secrets.findClientSecrets(key) })) {
      throw new Problem('webhook.signature-invalid', `${SIGNATURE_HEADER} must be the signature of this very body by the app’s consumer secret, or ${CLIENT_SIGNATURE_HEADER} by the client secret that a channel has.`);
    }
  }
}

function unknownWebhook(): Problem {
  return new Problem('webhook.unknown', 'No channel of this service has this webhook address.');
}
