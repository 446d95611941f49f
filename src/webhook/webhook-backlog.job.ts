import { Injectable } from '@nestjs/common';
import { WebhookProcessor } from './webhook-processor.service.js';

/** Takes up stored events that a crash, a failure or a stopped instance left unprocessed. */
@Injectable()
export class WebhookBacklogJob {
  constructor(private readonly processor: WebhookProcessor) {}

  async run(): Promise<Record<string, number>> {
    return { processed: await this.processor.processBacklog() };
  }
}
