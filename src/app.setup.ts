import { NestFactory } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { AppModule } from './app.module.js';
import { createAsyncApiDocument } from './callbacks/asyncapi.service.js';
import { withCallbacks } from './callbacks/openapi-callbacks.service.js';
import type { LoadedSettings } from './config/load-settings.service.js';
import { createHttpAdapter, trackRequests } from './http/http-adapter.service.js';
import { createOpenApiDocument } from './http/openapi.service.js';
import { ProblemFilter } from './http/problem.filter.js';
import { ValidationPipe } from './http/validation.pipe.js';
import type { Clock } from './kernel/clock.js';
import { Log } from './runtime/log.service.js';
import { Randomness } from './runtime/randomness.service.js';
import { RequestContexts } from './runtime/request-context.service.js';
import { Timers } from './runtime/timers.service.js';

/** The app as it is served, not yet listening. What `main` and every end-to-end test share; those may bring a clock that they move. */
export async function createApp(loaded: LoadedSettings, clock?: Clock): Promise<NestFastifyApplication> {
  const { adapter, routes } = createHttpAdapter(loaded.settings, new Randomness(), new Timers());
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.for(loaded, clock), adapter, {
    bodyParser: false,
    bufferLogs: true,
    abortOnError: false,
  });
  const log = app.get(Log);
  app.useLogger(log);
  trackRequests(adapter, app.get(RequestContexts));
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalFilters(new ProblemFilter(log, routes));
  setSecurityHeaders(adapter);
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    ui: loaded.settings.server.docsEnabled,
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Twitter DM channel: API',
    // Swagger's own bar says nothing about this service, and a key is longer than the field for it.
    customCss: '.swagger-ui .topbar { display: none } .swagger-ui .auth-container input[type=text] { width: 100%; max-width: 100% }',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, tryItOutEnabled: true, defaultModelsExpandDepth: 0 },
  });
  if (loaded.settings.server.docsEnabled) {
    serveAsyncApi(app, adapter);
  }
  return app;
}

/** The OpenAPI document of the whole service: what it answers, and what it calls. */
export function describeApi(app: NestFastifyApplication): OpenAPIObject {
  return withCallbacks(createOpenApiDocument(app));
}

/** Made when somebody asks first. */
function serveAsyncApi(app: NestFastifyApplication, adapter: FastifyAdapter): void {
  let document: Record<string, unknown> | null = null;
  adapter.getInstance<FastifyInstance>().get('/asyncapi.json', (_request, reply) => {
    document ??= createAsyncApiDocument(describeApi(app));
    return reply.send(document);
  });
}

/** On every answer. Made once: Fastify's own plugin for it makes all of them anew for each request. */
function setSecurityHeaders(adapter: FastifyAdapter): void {
  const protect = helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // The docs explorer writes its styles into the page.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        // Over plain http, which a service on loopback speaks, this would send the browser to https.
        upgradeInsecureRequests: null,
      },
    },
  });
  adapter.getInstance<FastifyInstance>().addHook('onRequest', (request, reply, done) => protect(request.raw, reply.raw, (error) => done(error as Error | undefined)));
}
