import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { SettingsError, type SettingProblem } from '../setting-problem.js';
import { readYamlFile, type YamlFile } from './yaml-file.service.js';

/**
 * The folder that comes with the service. Its `default.yaml` lies under every other file, so that a folder of one's own may
 * hold only what differs, and a new version's new settings have their defaults there too.
 */
export const SHIPPED_CONFIG_DIR = resolve(__dirname, '../../../config');

export interface SettingsFiles {
  configDir: string;
  /** In the order in which they are laid over each other. */
  files: readonly YamlFile[];
  /** The file that every setting must be in, as a person finds it. */
  defaultsFile: string;
  /** False if one could not be read: what it says is then unknown, not missing. */
  areComplete: boolean;
}

/** Reads `default.yaml` and, if there is one, `<NODE_ENV>.yaml` of the folder that `CONFIG_DIR` names. */
export function readSettingsFiles(env: NodeJS.ProcessEnv, cwd: string, problems: SettingProblem[]): SettingsFiles {
  const configDir = findConfigDir(env, cwd, problems);
  const shipped = join(SHIPPED_CONFIG_DIR, 'default.yaml');
  const paths = new Set([shipped, join(configDir, 'default.yaml'), ...findOverlay(configDir, env, problems)]);
  const files: YamlFile[] = [];
  let areComplete = true;
  for (const path of paths) {
    try {
      const file = readYamlFile(path, showPath(path, cwd));
      if (file !== null) files.push(file);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.push(...error.problems);
      areComplete = false;
    }
  }
  return { configDir, files, defaultsFile: showPath(shipped, cwd), areComplete };
}

/** A path as a person finds it: relative to where the service was started, if it is below that. */
export function showPath(path: string, cwd: string): string {
  const fromCwd = relative(cwd, path);
  return fromCwd === '' || fromCwd.startsWith('..') ? path : fromCwd;
}

/** `CONFIG_DIR`, or `./config`, or the shipped folder where there is no `./config`: a service may be started from anywhere. */
export function findConfigDir(env: NodeJS.ProcessEnv, cwd: string, problems: SettingProblem[]): string {
  const given = env['CONFIG_DIR']?.trim() ?? '';
  if (given === '') {
    const beside = resolve(cwd, 'config');
    return isFolder(beside) ? beside : SHIPPED_CONFIG_DIR;
  }
  const configDir = resolve(cwd, given);
  if (!isFolder(configDir)) {
    problems.push({ key: 'CONFIG_DIR', wrong: `${JSON.stringify(given)} must be an existing folder`, origin: 'CONFIG_DIR' });
  }
  return configDir;
}

function findOverlay(configDir: string, env: NodeJS.ProcessEnv, problems: SettingProblem[]): string[] {
  const name = env['NODE_ENV'] ?? '';
  if (name === '') return [];
  if (/^[a-z0-9-]+$/.test(name)) return [join(configDir, `${name}.yaml`)];
  // It becomes a part of a path; and `Production`, taken for no environment at all, would drop what production requires.
  const wrong = `${JSON.stringify(name)} must be small letters, digits and hyphens, such as production`;
  problems.push({ key: 'NODE_ENV', wrong, origin: 'NODE_ENV' });
  return [];
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
