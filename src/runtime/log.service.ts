import { Injectable, type LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { InjectSettings } from '../config/inject-settings.decorator.js';
import type { Settings } from '../config/settings.js';
import { RequestContexts } from './request-context.service.js';

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * One JSON object a line: a constant sentence plus fields. Callers pass ids, codes and counts;
 * never a body, a header or the text of a message.
 */
@Injectable()
export class Log implements LoggerService {
  private readonly logger: Logger;

  constructor(
    @InjectSettings('logging') settings: Settings['logging'],
    private readonly contexts: RequestContexts,
  ) {
    this.logger = createLogger(settings.level);
  }

  debug(sentence: string, fields: LogFields | string = {}): void {
    this.logger.debug(this.withRequest(fields), sentence);
  }

  log(sentence: string, fields: LogFields | string = {}): void {
    // A bare string is the name of a class: Nest telling how it puts itself together.
    const level = typeof fields === 'string' ? 'debug' : 'info';
    this.logger[level](this.withRequest(fields), sentence);
  }

  warn(sentence: string, fields: LogFields | string = {}): void {
    this.logger.warn(this.withRequest(fields), sentence);
  }

  /** `error` is reduced to its name, message and stack: an error of a library may carry a whole request with its credentials. */
  error(sentence: string, fields: LogFields | string = {}, error?: unknown): void {
    this.logger.error({ ...this.withRequest(fields), ...describeError(error) }, sentence);
  }

  private withRequest(fields: LogFields | string): LogFields {
    const requestId = this.contexts.current()?.requestId;
    const own = typeof fields === 'string' ? { context: fields } : fields;
    return requestId === undefined ? own : { requestId, ...own };
  }
}

function createLogger(level: Settings['logging']['level'], destination?: DestinationStream): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function describeError(error: unknown): LogFields {
  if (error === undefined) {
    return {};
  }
  if (error instanceof Error) {
    return { errorName: error.name, errorMessage: error.message, errorStack: error.stack };
  }
  // Nest names the class that speaks in this place.
  return typeof error === 'string' ? { context: error } : { errorMessage: 'Something that is no Error was thrown' };
}
