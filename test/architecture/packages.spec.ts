import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../support/processes.js';

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  overrides: Record<string, string>;
}

interface LockFile {
  packages: Record<string, { resolved?: string }>;
}

const read = <T>(name: string) => JSON.parse(readFileSync(join(PROJECT_ROOT, name), 'utf8')) as T;

describe('the packages', () => {
  it('are named in exact versions', () => {
    const { dependencies, devDependencies, overrides } = read<Manifest>('package.json');
    const loose = Object.entries({ ...dependencies, ...devDependencies, ...overrides }).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    expect(loose).toEqual([]);
  });

  it('are locked without naming a registry, so that whoever installs uses their own', () => {
    const { packages } = read<LockFile>('package-lock.json');
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });
});
