import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectSecrets } from '../config/inject-settings.decorator.js';
import type { Secrets } from '../config/settings.js';
import { ApiKeys } from './api-keys.service.js';
import { DEFAULT_TEAM } from './caller.js';
import { SCOPES } from './scopes.js';

/** A first start on an empty database without ADMIN_API_KEY makes a key with every scope and shows it, this once. */
@Injectable()
export class FirstKey implements OnApplicationBootstrap {
  constructor(
    private readonly keys: ApiKeys,
    @InjectSecrets() private readonly secrets: Secrets,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.secrets.adminApiKey !== null || !(await this.keys.isEmpty())) {
      return;
    }
    const { key } = await this.keys.create({ team: DEFAULT_TEAM, scopes: SCOPES, channelIds: null, expiresAt: null });
    // To the terminal, not to the log: logs are kept and shipped.
    process.stdout.write(`\nThe first API key, with every scope. It is shown this once:\n\n  ${key}\n\n`);
  }
}
