import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Timers } from '../runtime/timers.service.js';

/** How often it is looked for bodies that are too slow; Node looks as often for headers. */
const LOOK_MS = 5_000;

/** Ends requests whose bodies take longer than this to come in, where it `isMeant` for them. Node's own limit is one for all requests. */
export function endSlowRequests(instance: FastifyInstance, withinMs: number, isMeant: (request: FastifyRequest) => boolean, timers: Timers): void {
  const coming = new Map<IncomingMessage, number>();
  instance.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request;
    if (!raw.complete && isMeant(request)) {
      coming.set(raw, timers.monotonicMs());
      raw.once('close', () => coming.delete(raw));
    }
    done();
  });
  const look = timers.every(Math.min(LOOK_MS, withinMs), () => {
    const before = timers.monotonicMs() - withinMs;
    for (const [request, since] of coming) {
      if (since > before) {
        // They stand in the order in which they came.
        return;
      }
      coming.delete(request);
      if (!request.complete) {
        instance.server.emit('clientError', Object.assign(new Error('The body is too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), request.socket);
      }
    }
  });
  instance.addHook('onClose', (_instance, done) => {
    look.cancel();
    done();
  });
}
