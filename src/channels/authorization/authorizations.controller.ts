import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentCaller, Public, RequiresScope } from '../../access/access.decorator.js';
import { type Caller, idempotencySpaceOf } from '../../access/caller.js';
import { CreatingReply } from '../../http/creating-reply.service.js';
import { Operation } from '../../http/operation.decorator.js';
import { type AuthorizationDto, authorizationSchema, type CreateAuthorization, createAuthorizationSchema } from './authorization.dto.js';
import { toPage } from './authorization-page.js';
import { Authorizations } from './authorizations.service.js';
import { SignIns } from './sign-ins.service.js';

/** X's tokens are some 30 characters. */
const MAX_TOKEN_CHARACTERS = 200;

@Controller('v1/channels/authorizations')
@ApiTags('Channels')
export class AuthorizationsController {
  constructor(
    private readonly authorizations: Authorizations,
    private readonly signIns: SignIns,
    private readonly creatingReply: CreatingReply,
  ) {}

  @Post()
  @ApiBearerAuth()
  @RequiresScope('channels:write')
  @Operation({
    summary: 'Let an account sign in, instead of pasting its tokens',
    description:
      'Answers an address to open in a browser, in which a person signs in at X as the account. When they come back the channel is made and connected, or the channel in `channelId` has new tokens. X sends them back only to addresses that stand in the app’s settings: add PUBLIC_URL followed by `/v1/channels/authorizations/callback` under “User authentication settings” → “Callback URI / Redirect URL”.',
    body: createAuthorizationSchema,
    answers: { 201: { description: 'Where to sign in, within 15 minutes.', schema: authorizationSchema, headers: { Location: 'Where to see what became of it.' } } },
    problems: ['access.channel-limited', 'channel.not-found', 'channel.declared-in-config', 'channel.public-url-missing', 'channel.callback-url-rejected', 'channel.credentials-rejected', 'x.unavailable', 'x.rate-limited', 'x.unexpected-answer'],
    isIdempotent: true,
  })
  create(
    @Body({ schema: createAuthorizationSchema }) body: CreateAuthorization,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.creatingReply.send(
      { request, reply, team: idempotencySpaceOf(caller) },
      () => this.authorizations.prepare(caller, body),
      async (pending) => {
        const answer = await this.authorizations.begin(caller.team, pending);
        return { status: 201, headers: { location: `/v1/channels/authorizations/${answer.id}` }, body: answer };
      },
    );
  }

  @Get('callback')
  @Public()
  @Operation({
    summary: 'Come back from X',
    description: 'For the browser of the person who signed in. Answers a page; the token that X gave them is taken once.',
    isPublic: true,
    answers: {
      200: { description: 'A page: signed in, or not, because the person said no.', isPage: true },
      410: { description: 'A page: the sign-in is over, or there never was one.', isPage: true },
      422: { description: 'A page: why it failed, and what to do.', isPage: true },
    },
  })
  @ApiQuery({ name: 'oauth_token', required: false, schema: { type: 'string' }, description: 'X’s request token.' })
  @ApiQuery({ name: 'oauth_verifier', required: false, schema: { type: 'string' }, description: 'Shows that the person said yes.' })
  @ApiQuery({ name: 'denied', required: false, schema: { type: 'string' }, description: 'X’s request token, when the person said no.' })
  async callback(
    @Query('oauth_token') token: unknown,
    @Query('oauth_verifier') verifier: unknown,
    @Query('denied') denied: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const result = isToken(denied)
      ? await this.signIns.refuse(denied)
      : isToken(token) && isToken(verifier)
        ? await this.signIns.accept(token, verifier)
        : ({ kind: 'unknown' } as const);
    const { status, html } = toPage(result);
    void reply.status(status).header('content-type', 'text/html; charset=utf-8').header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    return html;
  }

  @Get(':id')
  @ApiBearerAuth()
  @RequiresScope('channels:read')
  @Operation({
    summary: 'See what became of a sign-in',
    path: { id: 'The authorization’s `id`.' },
    answers: { 200: { description: 'The authorization.', schema: authorizationSchema } },
    problems: ['authorization.not-found'],
  })
  get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<AuthorizationDto> {
    return this.authorizations.get(caller, id);
  }
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TOKEN_CHARACTERS;
}
