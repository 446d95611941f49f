import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { addCommonAnswers } from './problem-answers.js';

const ABOUT = `Send and receive X (Twitter) direct messages over REST, and always know what a send costs, where each message is, and whether the channel is alive.

A message from a person opens a **reply window**: 24 hours with 5 free replies. Every new message resets both; any send beyond counts towards X’s rate limits.

Press **Authorize** and paste an API key. X ids are strings; no text holds NUL or half of a character. Errors are \`application/problem+json\` with a stable \`code\`. The examples work as they are beside the sandbox, the offline X that \`npm run demo\` starts.`;

/** An answer of RFC 9457, with our members. Some problems have one of their own, such as the webhook that is in the way. */
const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().describe('`module.reason`, stable.'),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })).optional(),
    remedy: z.string().optional().describe('What to do about it, where that is known. `detail` ends with the same words.'),
    x: z.object({ status: z.number().nullable(), code: z.number().nullable(), detail: z.string() }).optional().describe('What X answered, when X is the cause.'),
  })
  .meta({ id: 'Problem' });

type JsonSchema = Record<string, unknown>;

/** The OpenAPI 3.1 document of the running app. The same for every deployment: it names no host and no setting. */
export function createOpenApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Twitter DM channel')
    .setDescription(ABOUT)
    .setVersion('0.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key, without the word Bearer. The first start of the service prints one, `npm run demo` another.' })
    .addTag('Channels', 'The X accounts that the service acts for.')
    .addTag('Messages', 'Send and read direct messages.')
    .addTag('Conversations', 'One channel and one participant, with their reply window.')
    .addTag('Events', 'What happens, to be read in its order or as it comes.')
    .addTag('Callbacks', 'Where the service tells you what happens.')
    .addTag('Access', 'API keys, one or more for each team.')
    .addTag('Webhook', 'Where X calls us. Nothing here is for you to call.')
    .addTag('Operations', 'Health, for whatever keeps the service running.')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    standardSchemaConverter: (schema, { schemaType }) => toOpenApi(schema as z.ZodType, schemaType),
    operationIdFactory: (controller, method) => `${controller.replace('Controller', '')}.${method}`,
  });
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const operation = item[method];
      if (operation !== undefined) addCommonAnswers(path, method, operation);
    }
  }
  const problem = toOpenApi(problemSchema, 'output');
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...(problem.components as object) } };
  return document;
}

/** zod → JSON Schema 2020-12, which is what OpenAPI 3.1 speaks; named schemas become components. */
function toOpenApi(schema: z.ZodType, io: 'input' | 'output'): { schema: JsonSchema; components: Record<string, JsonSchema> } {
  const { $schema: _dialect, $defs, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
  const components = Object.fromEntries(Object.entries($defs ?? {}).map(([name, value]) => [name, withoutId(value)]));
  const name = root['id'];
  if (typeof name !== 'string') {
    return { schema: root, components };
  }
  return { schema: { $ref: `#/components/schemas/${name}` }, components: { ...components, [name]: withoutId(root) } };
}

function withoutId({ id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
