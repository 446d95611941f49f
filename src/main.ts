import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app.setup.js';
import { loadSettings } from './config/load-settings.service.js';
import { SettingsError } from './config/setting-problem.js';
import { Log } from './runtime/log.service.js';
import { Timers } from './runtime/timers.service.js';

async function main(): Promise<void> {
  const loaded = loadSettings();
  const app = await createApp(loaded);
  const stop = (): void => void stopGracefully(app, loaded.settings.server.stopWithinMs);
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await app.listen(loaded.settings.server.port, loaded.settings.server.host);
  process.stdout.write(`Listening on ${await app.getUrl()}\n`);
}

/** One sentence for what the person who starts the service can mend; the stack for what they cannot. */
function describeFailure(error: unknown): string {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (error instanceof SettingsError) {
    return error.message;
  }
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    return `The service cannot listen (${message}): choose another PORT or HOST.`;
  }
  return stack ?? String(error);
}

/**
 * Takes nothing more, lets what runs come to its end, closes the database. What is not finished within the limit is
 * settled by the next start: a message that was being sent then is `unknown`, never sent again.
 */
async function stopGracefully(app: NestFastifyApplication, limitMs: number): Promise<void> {
  const log = app.get(Log);
  const stopped = app.close().then(
    () => 'stopped' as const,
    (error: unknown) => {
      log.error('The service did not stop cleanly', {}, error);
      return 'failed' as const;
    },
  );
  const outcome = await app.get(Timers).within(limitMs, stopped, () => 'too-slow' as const);
  if (outcome === 'too-slow') {
    log.warn('The service stopped before all work had ended', { limitMs });
  }
  process.exit(outcome === 'failed' ? 1 : 0);
}

main().catch((error: unknown) => {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exit(1);
});
