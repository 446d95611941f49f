import { Injectable } from '@nestjs/common';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { Problem } from '../../kernel/problem.js';
import { AllowedHosts, parseOutsideUrl } from '../../outbound/outside-url.js';

/** The addresses that a team may name; where they lead is looked at again with every call. */
@Injectable()
export class ReceiverUrls {
  readonly allowed: AllowedHosts;

  constructor(@InjectSettings('callbacks') settings: Settings['callbacks']) {
    this.allowed = new AllowedHosts(settings.allowedHosts);
  }

  /** @throws Problem `callback.url-not-allowed` */
  assertAllowed(url: string): void {
    const parsed = parseOutsideUrl(url, this.allowed);
    if (parsed.kind === 'refused') {
      throw new Problem('callback.url-not-allowed', `/url: ${parsed.reason}`, {
        errors: [{ pointer: '/url', code: 'not-allowed', detail: parsed.reason }],
        remedy: 'An operator can allow a host or addresses of your own network in callbacks.allowedHosts.',
      });
    }
  }
}
