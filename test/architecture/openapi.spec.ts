import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { PROJECT_ROOT } from '../support/processes.js';
import { type OpenApiDocument, findGaps } from './openapi-gaps.js';

async function validate(document: object): Promise<{ valid: boolean; errors?: unknown; version: string }> {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document) as Record<string, unknown>);
  return { valid, ...(valid ? {} : { errors }), version: validator.version ?? '' };
}

const problem = { description: 'Refused', content: { 'application/problem+json': { schema: { type: 'object' } } } };

/** A small document that says all it should. */
function complete() {
  return {
    openapi: '3.1.0',
    info: { title: 'A service', version: '1' },
    security: [{ key: [] }],
    paths: {
      '/v1/things/{id}': {
        patch: {
          summary: 'Change a thing',
          tags: ['Things'],
          operationId: 'changeThing',
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
          requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
          responses: {
            200: { description: 'Changed' },
            ...Object.fromEntries([400, 401, 403, 404, 413, 415].map((status) => [status, { $ref: '#/components/responses/Problem' }])),
          },
        },
      },
    },
    components: {
      responses: { Problem: problem },
      schemas: { Thing: { type: 'object', examples: [{ name: 'a' }] } },
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
    },
  };
}

describe('openapi.json', () => {
  const document = () => JSON.parse(readFileSync(join(PROJECT_ROOT, 'openapi.json'), 'utf8')) as OpenApiDocument;

  it('is valid OpenAPI 3.1', async () => {
    expect(await validate(document())).toEqual({ valid: true, version: '3.1' });
  });

  it('gives every operation a summary, a tag, an example of its body and its error answers', () => {
    expect(findGaps(document())).toEqual([]);
  });

  describe('is checked by what', () => {
    const change = (edit: (operation: Record<string, unknown>, whole: ReturnType<typeof complete>) => void) => {
      const whole = complete();
      edit(whole.paths['/v1/things/{id}'].patch, whole);
      return whole;
    };
    const gapsOf = (whole: ReturnType<typeof complete>) => findGaps(whole);

    it('lets a complete document pass', async () => {
      expect(gapsOf(complete())).toEqual([]);
      expect(await validate(complete())).toEqual({ valid: true, version: '3.1' });
    });

    it('sees a document that is not OpenAPI', async () => {
      const broken = change((operation) => (operation['parameters'] = [{ name: 'id', in: 'nowhere' }]));
      expect((await validate(broken)).valid).toBe(false);
    });

    it.each<[string, (operation: Record<string, unknown>, whole: ReturnType<typeof complete>) => void]>([
      ['no summary', (operation) => delete operation['summary']],
      ['no tag', (operation) => (operation['tags'] = [])],
      ['no example of its body', (_, whole) => (whole.components.schemas.Thing.examples = [])],
      ['no answer for success', (operation) => delete (operation['responses'] as Record<string, unknown>)['200']],
      ['no 401 answer', (operation) => delete (operation['responses'] as Record<string, unknown>)['401']],
      ['no 403 answer', (operation) => delete (operation['responses'] as Record<string, unknown>)['403']],
      ['no 404 answer', (operation) => delete (operation['responses'] as Record<string, unknown>)['404']],
      ['no 415 answer', (operation) => delete (operation['responses'] as Record<string, unknown>)['415']],
      [
        '409 is not application/problem+json',
        (operation) => ((operation['responses'] as Record<string, unknown>)['409'] = { description: 'Taken' }),
      ],
    ])('sees "%s"', (gap, edit) => {
      expect(gapsOf(change(edit))).toEqual([`PATCH /v1/things/{id}: ${gap}`]);
    });
  });
});
