// Correctness and the house's rules (ARCHITECTURE.md); how code looks is not its business. `npm run lint`.
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * The files that bring time, chance and the network into the service. Everything else is given a Clock, Ids, Timers:
 * that is what lets a test move time and what makes a run repeatable.
 */
const PROVIDERS = [
  'src/runtime/*.service.ts', // Clock, Ids, randomness and Timers for the whole service
  'src/sandbox/**/*.service.ts', // a program of its own, with its own source of all three
  'src/config/sources/encryption-key-file.service.ts', // makes the key of a first start, before anything can be injected
];

/** What reads the environment: the settings, and programs that have none of our settings. */
const ENVIRONMENT_READERS = ['src/config/**/*.ts', 'src/sandbox/main.ts', 'src/migrate-data/main.ts'];

const noAmbientSyntax = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Ask the injected Clock for the time.' },
  { selector: "CallExpression[callee.name='Date']", message: 'Ask the injected Clock for the time.' },
  { selector: "MemberExpression[object.name='process'][property.name='hrtime']", message: 'Ask the injected Clock for the time.' },
];
const noEnvironmentSyntax = [
  { selector: "MemberExpression[object.name='process'][property.name='env']", message: 'Only src/config reads the environment; have the setting injected.' },
];
// `=== undefined` and the like are no comparison of secrets; a literal has no secret in it.
const SECRET_NAME = '/(digest|signature|hmac|mac)$/i';
const noSecretComparison = [
  `Identifier[name=${SECRET_NAME}]`,
  `MemberExpression[property.name=${SECRET_NAME}]`,
].map((operand) => ({
  selector: `BinaryExpression[operator=/^[!=]==?$/]:not(:has(> Literal)):not(:has(> Identifier[name='undefined'])) > ${operand}`,
  message: 'Compare with timingSafeEqual: === tells by its duration how many characters were right.',
}));
const noDefaultExport = [{ selector: 'ExportDefaultDeclaration', message: 'Give it a name: a default export has another one in every file that imports it.' }];
const noUnfinishedTest = [
  { selector: "MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(only|skip|todo)$/]", message: 'It hides tests from the run.' },
];

const noAmbientProperties = [
  { object: 'Date', property: 'now', message: 'Ask the injected Clock for the time.' },
  { object: 'performance', property: 'now', message: 'Ask the injected Clock for the time.' },
  { object: 'Math', property: 'random', message: 'Ids and randomness are injected (src/runtime).' },
  { object: 'crypto', property: 'randomUUID', message: 'Ids and randomness are injected (src/runtime).' },
  { object: 'crypto', property: 'getRandomValues', message: 'Ids and randomness are injected (src/runtime).' },
];
const noAmbientGlobals = [
  ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({ name, message: 'Timers are injected (src/runtime), so that a stop ends them all.' })),
  { name: 'fetch', message: "Calls to the outside go through a room's own client, with time-outs." },
];
const RANDOM_NAMES = ['randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID', 'getRandomValues', 'webcrypto'];
const noAmbientImports = [
  ...['crypto', 'node:crypto'].map((name) => ({ name, importNames: RANDOM_NAMES, message: 'Ids and randomness are injected (src/runtime).' })),
  ...['timers', 'node:timers', 'timers/promises', 'node:timers/promises'].map((name) => ({ name, message: 'Timers are injected (src/runtime).' })),
  ...['perf_hooks', 'node:perf_hooks'].map((name) => ({ name, message: 'Ask the injected Clock for the time.' })),
];
const noAmbientColumns = [
  { name: 'typeorm', importNames: ['CreateDateColumn', 'UpdateDateColumn', 'DeleteDateColumn'], message: 'TypeORM fills these from the system clock.' },
];
const noEnvironmentImports = ['process', 'node:process'].map((name) => ({ name, message: 'Only src/config reads the environment.' }));

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'data/', 'node_modules/', 'src/sandbox/page/'] },
  // No comment switches a rule off: what is allowed stands in this file, with its reason.
  { linterOptions: { noInlineConfig: true } },
  {
    files: ['**/*.cjs', '**/*.mjs'],
    rules: { 'no-unused-vars': 'error', 'prefer-const': 'error', 'max-lines': ['error', 250] },
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', 250],
      eqeqeq: 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // A method that an interface wants to be async need not wait for anything.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowRegExp: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...noAmbientSyntax, ...noEnvironmentSyntax, ...noSecretComparison, ...noDefaultExport],
      'no-restricted-properties': ['error', ...noAmbientProperties],
      'no-restricted-globals': ['error', ...noAmbientGlobals],
      'no-restricted-imports': ['error', { paths: [...noAmbientImports, ...noAmbientColumns, ...noEnvironmentImports] }],
    },
  },
  {
    files: ENVIRONMENT_READERS,
    rules: {
      'no-restricted-syntax': ['error', ...noAmbientSyntax, ...noSecretComparison, ...noDefaultExport],
      'no-restricted-imports': ['error', { paths: [...noAmbientImports, ...noAmbientColumns] }],
    },
  },
  {
    files: PROVIDERS,
    rules: {
      'no-restricted-syntax': ['error', ...noEnvironmentSyntax, ...noSecretComparison, ...noDefaultExport],
      'no-restricted-properties': 'off',
      'no-restricted-globals': 'off',
      'no-restricted-imports': ['error', { paths: [...noAmbientColumns, ...noEnvironmentImports] }],
    },
  },
  {
    files: ['test/**/*.spec.ts', 'src/**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...noUnfinishedTest],
      'no-restricted-properties': 'off',
      'no-restricted-globals': ['error', { name: 'setTimeout', message: 'A test does not sleep: wait for a condition with eventually().' }],
      'no-restricted-imports': [
        'error',
        { paths: ['node:timers/promises', 'timers/promises'].map((name) => ({ name, message: 'A test does not sleep: wait for a condition with eventually().' })) },
      ],
      // `expect(mock.method)` takes the method without its object, and means to.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
