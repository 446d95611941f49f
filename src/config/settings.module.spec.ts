import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { InjectSecrets, InjectSettings } from './inject-settings.decorator.js';
import { loadSettings } from './load-settings.service.js';
import { SettingsModule } from './settings.module.js';
import type { Secrets, Settings } from './settings.js';

@Injectable()
class Consumer {
  constructor(
    @InjectSettings('server') readonly server: Settings['server'],
    @InjectSettings('database') readonly database: Settings['database'],
    @InjectSettings('channels') readonly channels: Settings['channels'],
    @InjectSecrets() readonly secrets: Secrets,
  ) {}
}

@Module({ providers: [Consumer], exports: [Consumer] })
class ConsumerModule {}

let cwd: string;
const apps: INestApplicationContext[] = [];
beforeAll(() => (cwd = mkdtempSync(join(tmpdir(), 'settings-'))));
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function start(env: NodeJS.ProcessEnv): Promise<INestApplicationContext> {
  @Module({ imports: [SettingsModule.for(loadSettings({ env, cwd })), ConsumerModule] })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
  apps.push(app);
  return app;
}

describe('SettingsModule', () => {
  it('hands a module that does not import it its section and the secrets', async () => {
    const consumer = (await start({ PORT: '4000', ADMIN_API_KEY: 'canary-admin-key-1' })).get(Consumer);
    expect(consumer.server).toMatchObject({ port: 4_000, host: '127.0.0.1' });
    expect(consumer.database).toMatchObject({ engine: 'sqlite' });
    expect(consumer.channels).toEqual([]);
    expect(consumer.secrets.adminApiKey).toBe('canary-admin-key-1');
  });

  it('keeps the settings of several apps in one process apart', async () => {
    const [first, second] = [await start({ PORT: '4001' }), await start({ PORT: '4002' })];
    expect(first.get(Consumer).server.port).toBe(4_001);
    expect(second.get(Consumer).server.port).toBe(4_002);
    expect(first.get(ConfigService).get('server.port')).toBe(4_001);
  });

  it('keeps secrets out of ConfigService', async () => {
    const config = (await start({ ADMIN_API_KEY: 'canary-admin-key-1' })).get(ConfigService);
    expect(config.get('server.host')).toBe('127.0.0.1');
    expect(config.get('access.adminApiKey')).toBeUndefined();
    expect(config.get('encryption')).toBeUndefined();
    const held = JSON.stringify((config as unknown as { internalConfig: unknown }).internalConfig);
    expect(held).toContain('127.0.0.1');
    expect(held).not.toContain('canary');
  });

  it('does not read the variables of the process', async () => {
    process.env['SETTINGS_MODULE_SPEC'] = 'a variable of the process';
    const value: unknown = (await start({})).get(ConfigService).get('SETTINGS_MODULE_SPEC');
    delete process.env['SETTINGS_MODULE_SPEC'];
    expect(value).toBeUndefined();
  });
});
