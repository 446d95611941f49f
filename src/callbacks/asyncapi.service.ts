import type { OpenAPIObject } from '@nestjs/swagger';
import { listEventSchemas, type Schema, SIGNATURE_HEADERS } from './event/event-schemas.js';

const SIGNATURE = {
  type: 'object',
  required: Object.keys(SIGNATURE_HEADERS),
  properties: Object.fromEntries(Object.entries(SIGNATURE_HEADERS).map(([name, description]) => [name, { type: 'string', description }])),
};

/** What we tell, as AsyncAPI 3 writes it: the same events by callbacks and by the live feed. Their schemas are those of the OpenAPI document. */
export function createAsyncApiDocument(openApi: OpenAPIObject): Record<string, unknown> {
  const events = listEventSchemas();
  const messages = Object.fromEntries(events.map(({ type, about, schema }) => [nameOf(type), { name: type, title: about, contentType: 'application/json', headers: SIGNATURE, payload: { schemaFormat: 'application/schema+json;version=draft-07', schema } }]));
  const ofChannel = (except: readonly string[]): Schema =>
    Object.fromEntries(events.filter(({ type }) => !except.includes(type)).map(({ type }) => [nameOf(type), { $ref: `#/components/messages/${nameOf(type)}` }]));
  return {
    asyncapi: '3.0.0',
    info: { title: openApi.info.title, version: openApi.info.version, description: 'What the service tells teams: see docs/callbacks.md.', license: openApi.info.license },
    defaultContentType: 'application/json',
    channels: {
      callback: { address: '{url}', description: 'The address that a team gave with POST /v1/callbacks. At least once, signed.', parameters: { url: { description: 'The callback’s `url`.' } }, messages: ofChannel([]) },
      feed: { address: '/v1/events', description: 'GET with `Accept: text/event-stream`; `Last-Event-ID` goes on from an event.', messages: ofChannel(['callback.test']) },
    },
    operations: {
      callReceiver: { action: 'send', channel: { $ref: '#/channels/callback' }, summary: 'Call a team’s receiver' },
      tellFeed: { action: 'send', channel: { $ref: '#/channels/feed' }, summary: 'Tell a live stream' },
    },
    components: { messages, schemas: reachable(openApi.components?.schemas as Record<string, Schema>, events.map(({ schema }) => schema)) },
  };
}

function nameOf(type: string): string {
  return type.replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The schemas that these name, and those that they name. */
function reachable(all: Readonly<Record<string, Schema>>, from: readonly Schema[]): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  const waiting: unknown[] = [...from];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const [, name = ''] of JSON.stringify(next).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      const schema = all[name];
      if (schema !== undefined && found[name] === undefined) {
        found[name] = schema;
        waiting.push(schema);
      }
    }
  }
  return found;
}
