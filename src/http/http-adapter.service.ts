import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.js';
import type { Randomness } from '../runtime/randomness.service.js';
import type { Timers } from '../runtime/timers.service.js';
import type { RequestContexts } from '../runtime/request-context.service.js';
import type { Route } from './route-table.js';
import { endSilentConnections } from './silent-connections.service.js';
import { endSlowRequests } from './slow-requests.service.js';
import { answerUnreadableAddress, answerUnreadableBytes } from './unreadable-request.service.js';

/** So often it is looked for connections that are too slow. */
const SLOW_LOOK_MS = 5_000;

const SANE_REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Bodies under this path are X's: they are signed, so their bytes are kept as they came. */
const RAW_BODY_PATH = '/webhooks/';

/** What comes here as a form of parts is read by its operation, piece by piece. */
const UPLOAD_PATH = '/v1/media';

/** Fastify as this service wants it. `routes` fills up while the app is set up. */
export function createHttpAdapter(
  settings: Pick<Settings, 'server' | 'webhook' | 'media'>,
  randomness: Randomness,
  timers: Timers,
): { adapter: FastifyAdapter; routes: Route[] } {
  const newRequestId = (): string => `req_${randomness.bytes(12).toString('hex')}`;
  const adapter = new FastifyAdapter({
    bodyLimit: settings.server.maxBodyBytes,
    // Fastify's own is none: a body that comes drop by drop would hold its connection for ever. All but uploads have less: `endSlowRequests`.
    requestTimeout: Math.max(settings.server.requestWithinMs, settings.media.uploadWithinMs),
    http: { headersTimeout: settings.server.headersWithinMs, connectionsCheckingInterval: Math.min(SLOW_LOOK_MS, settings.server.headersWithinMs) },
    // Longer than any address that Node reads: an id that is too long is not found, like any other that does not exist.
    routerOptions: { maxParamLength: 65_536 },
    frameworkErrors: answerUnreadableAddress,
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => answerUnreadableBytes(error, socket, newRequestId()),
    genReqId: (request: { headers: Record<string, unknown> }) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : newRequestId();
    },
    // The library's own handling of X-Request-Id would take any text.
    requestIdHeader: false,
    // What still comes on an open connection while we close is carried out: it is on disk before it is answered.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
  });
  const instance = adapter.getInstance<FastifyInstance>();
  const routes: Route[] = [];
  instance.addHook('onRoute', (route) => {
    if (route.url.startsWith(RAW_BODY_PATH)) {
      route.bodyLimit = settings.webhook.maxBodyBytes;
    }
    for (const method of [route.method].flat()) {
      routes.push({ method, url: route.url });
    }
  });
  endSilentConnections(instance.server, settings.server.maxSilentConnections);
  endSlowRequests(instance, settings.server.requestWithinMs, (request) => !isUpload(request), timers);
  readBodies(instance);
  return { adapter, routes };
}

/** Answers every request with its id and makes it known to what runs for it. */
export function trackRequests(adapter: FastifyAdapter, contexts: RequestContexts): void {
  const instance = adapter.getInstance<FastifyInstance>();
  closeAfterLastAnswers(instance);
  instance.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    contexts.run({ requestId: request.id, address: request.ip }, done);
  });
}

/** A connection whose request runs while the server closes would be kept open after its answer, and hold up the stop. */
function closeAfterLastAnswers(instance: FastifyInstance): void {
  let isClosing = false;
  instance.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  instance.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) {
      void reply.header('connection', 'close');
    }
    done(null, payload);
  });
}

function readBodies(instance: FastifyInstance): void {
  const parseJson = instance.getDefaultJsonParser('error', 'error');
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (isForX(request)) {
      done(null, body);
    } else if (body.length === 0) {
      done(null, undefined);
    } else if (isCompressed(request)) {
      done(unsupportedMediaType());
    } else if (!isUtf8(Buffer.from(body))) {
      done(Object.assign(new Error('Not UTF-8'), { statusCode: 400, code: 'FST_ERR_CTP_INVALID_JSON_BODY' }));
    } else {
      void parseJson(request, body.toString('utf8'), done);
    }
  });
  instance.addContentTypeParser('multipart/form-data', (request, _stream, done) => {
    if (isUpload(request) && !isCompressed(request)) {
      done(null, undefined);
    } else {
      done(unsupportedMediaType());
    }
  });
  instance.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if (isForX(request) || body.length === 0) {
      done(null, isForX(request) ? body : undefined);
    } else {
      done(unsupportedMediaType());
    }
  });
}

function unsupportedMediaType(): Error {
  return Object.assign(new Error('Unsupported media type'), { statusCode: 415, code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE' });
}

function isCompressed(request: FastifyRequest): boolean {
  return (request.headers['content-encoding'] ?? 'identity') !== 'identity';
}

function isUpload({ method, url, headers }: Pick<FastifyRequest, 'method' | 'url' | 'headers'>): boolean {
  return method === 'POST' && url.split('?')[0] === UPLOAD_PATH && /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
}

function isForX(request: FastifyRequest): boolean {
  return request.url.startsWith(RAW_BODY_PATH);
}
