import type { Document } from '../fuzz/document.js';
import { operationsWithIds } from './foreign-ids.js';

/** A document with one operation, which has a key unless it says otherwise. */
const documentOf = (path: string, more: object = {}): Document => ({
  paths: { [path]: { post: { operationId: 'Things.do', security: [{ bearer: [] }], responses: {}, ...more } } },
  components: { schemas: { Thing: { type: 'object', properties: { name: {}, to: { type: 'object', properties: { conversationId: {} } } } } } },
});
const places = (document: Document) => operationsWithIds(document).map(({ place }) => `${place.kind} in ${place.in}`);
const query = (name: string) => ({ parameters: [{ name, in: 'query', schema: {} }] });
const body = (schema: object) => ({ requestBody: { content: { 'application/json': { schema } } } });

describe('the ids that an operation takes', () => {
  it.each<[string, Document, string[]]>([
    ['in its path', documentOf('/v1/channels/{id}/pause'), ['chn in path']],
    ['in its query', documentOf('/v1/things', query('channelId')), ['chn in query']],
    ['in its body, also deep', documentOf('/v1/things', body({ $ref: '#/components/schemas/Thing' })), ['cnv in body']],
    ['not at all', documentOf('/v1/things', query('limit')), []],
    ['without a key', documentOf('/v1/channels/{id}', { security: undefined }), []],
  ])('are found: %s', (_where, document, expected) => {
    expect(places(document)).toEqual(expected);
  });

  it.each<[string, Document]>([
    ['a path', documentOf('/v1/inventions/{id}')],
    ['a query', documentOf('/v1/things', query('inventionId'))],
    ['a list in a body', documentOf('/v1/things', body({ type: 'object', properties: { inventionIds: {} } }))],
  ])('of a kind that nobody told are an error, so that none goes unlooked at: in %s', (_where, document) => {
    expect(() => places(document)).toThrow('Tell it in test/fuzz/things.ts.');
  });
});
