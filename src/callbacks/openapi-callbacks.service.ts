import type { OpenAPIObject } from '@nestjs/swagger';
import { listEventSchemas, SIGNATURE_HEADERS } from './event/event-schemas.js';

/** The document with what we call at teams' receivers, and the live form of the feed. */
export function withCallbacks(document: OpenAPIObject): OpenAPIObject {
  const webhooks = Object.fromEntries(
    listEventSchemas().map(({ type, about, schema }) => [
      type,
      {
        post: {
          operationId: `callback.${type}`,
          tags: ['Callbacks'],
          summary: about,
          parameters: Object.entries(SIGNATURE_HEADERS).map(([name, description]) => ({ name, in: 'header', required: true, description, schema: { type: 'string' } })),
          requestBody: { required: true, content: { 'application/json': { schema } } },
          responses: {
            '2XX': { description: 'Taken.' },
            '410': { description: 'Wanted no more: the callback is switched off.' },
            default: { description: 'Not taken: tried again by the schedule, not before `Retry-After`.' },
          },
        },
      },
    ]),
  );
  const feed = document.paths['/v1/events']?.get?.responses?.['200'];
  if (feed !== undefined && 'content' in feed) {
    feed.content = { ...feed.content, 'text/event-stream': { schema: { type: 'string', description: '`id`, `event` and `data` of each event; `data` is the event as JSON.' } } };
  }
  return { ...document, webhooks: webhooks as unknown as NonNullable<OpenAPIObject['webhooks']> };
}
