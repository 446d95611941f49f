import { Inject } from '@nestjs/common';
import { getConfigToken } from '@nestjs/config';
import type { SettingsSection } from './settings.js';

/** The token of `Secrets`: apart from `@nestjs/config`, whose `ConfigService` hands out everything it holds. */
export const SECRETS = Symbol('SECRETS');

/** `@InjectSettings('webhook') private readonly settings: Settings['webhook']` */
export function InjectSettings(section: SettingsSection): ParameterDecorator & PropertyDecorator {
  return Inject(getConfigToken(section));
}

/** `@InjectSecrets() private readonly secrets: Secrets`: only for the few that seal, sign or open the database. */
export function InjectSecrets(): ParameterDecorator & PropertyDecorator {
  return Inject(SECRETS);
}

/** The token of `Prices`: the numbers of `prices.yaml`. */
export const PRICES = Symbol('PRICES');

/** The token of `RatePolicies`: the numbers of `rate-policies.yaml`. */
export const RATE_POLICIES = Symbol('RATE_POLICIES');
