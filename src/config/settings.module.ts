import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';
import { PRICES, RATE_POLICIES, SECRETS } from './inject-settings.decorator.js';
import type { LoadedSettings } from './load-settings.service.js';
import { loadPrices } from './prices.service.js';
import { loadRatePolicies } from './rate-policies.service.js';
import type { SettingsSection } from './settings.js';

/** Hands each part of the service its section of the settings, the secrets, and the numbers of X's rules. */
@Module({})
export class SettingsModule {
  /** Settings belong to the app that imports this, so that several apps in one process each have their own. */
  static for({ settings, secrets, configDir }: Pick<LoadedSettings, 'settings' | 'secrets' | 'configDir'>): DynamicModule {
    const sections = Object.keys(settings) as SettingsSection[];
    return {
      module: SettingsModule,
      global: true,
      imports: [
        ConfigModule.forRoot({
          isGlobal: true,
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          skipProcessEnv: true,
          load: sections.map((section) => registerAs(section, () => settings[section])),
        }),
      ],
      providers: [
        { provide: SECRETS, useValue: secrets },
        { provide: PRICES, useValue: loadPrices(configDir) },
        { provide: RATE_POLICIES, useValue: loadRatePolicies(configDir) },
      ],
      exports: [SECRETS, PRICES, RATE_POLICIES],
    };
  }
}
