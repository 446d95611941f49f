// Who may import whom (ARCHITECTURE.md). `npm run imports` checks src/; test/architecture/imports.spec.ts breaks each rule once.
const { join } = require('node:path');

/**
 * A file with no suffix (`reply-window.ts`) is pure. These are the exceptions: they start or wire the program.
 * `timetable.ts` names the jobs it schedules.
 */
const NOT_PURE = ['^src/main\\.ts$', '^src/openapi\\.ts$', '^src/timetable\\.ts$', '^src/sandbox/main\\.ts$', '^src/migrate-data/main\\.ts$', '^src/config/print-settings\\.ts$'];
const NO_SUFFIX = '^src/[^.]+\\.ts$';

/** Which of X's generations a file of x-api speaks: `messages-v1.service.ts`, `account-activity-premium.service.ts`. */
const generationFile = (generation) => `^src/x-api/.*\\b${generation}[-./]`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'kernel-imports-only-itself',
      comment: 'The kernel is plain TypeScript that everything may stand on; it stands on nothing, not even on a package.',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { pathNot: '^src/kernel/' },
    },
    {
      name: 'no-suffix-is-pure',
      comment: 'A file with no suffix is pure domain: of ours it imports other files with no suffix, of packages zod and ipaddr.js, which compute and nothing else.',
      severity: 'error',
      from: { path: NO_SUFFIX, pathNot: NOT_PURE },
      to: { dependencyTypesNot: ['core'], pathNot: [NO_SUFFIX, 'node_modules/(zod|ipaddr\\.js)/'] },
    },
    {
      name: 'no-suffix-reaches-nothing-outside',
      comment: 'Of Node a pure file uses what computes (bytes, digests, checksums, paths), and types. Files, sockets and processes are for services.',
      severity: 'error',
      from: { path: NO_SUFFIX, pathNot: NOT_PURE },
      to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'], pathNot: '^(node:)?(crypto|buffer|path|zlib)$' },
    },
    {
      name: 'no-suffix-imports-no-starter',
      comment: 'The few files with no suffix that are not pure start the program; importing one would bring all of it along.',
      severity: 'error',
      from: { path: NO_SUFFIX, pathNot: NOT_PURE },
      to: { path: NOT_PURE },
    },
    {
      name: 'no-entity-in-controllers-and-jobs',
      comment: 'A controller or a job speaks to services; how rows look is not its business.',
      severity: 'error',
      from: { path: '\\.(controller|job)\\.ts$' },
      to: { path: '\\.entity\\.ts$' },
    },
    {
      name: 'typeorm-in-persistence-only',
      comment: 'TypeORM lives in the database room, in entities, in the services that read and write them, and in the modules that register them.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/database/', '\\.(entity|service|module)\\.ts$'] },
      to: { path: ['node_modules/typeorm/', 'node_modules/@nestjs/typeorm/'] },
    },
    {
      name: 'entities-stay-in-their-room',
      comment: "A room's tables are its own; others ask its services.",
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '\\.entity\\.ts$', pathNot: '^src/$1/' },
    },
    {
      name: 'entities-stay-out-of-the-wiring',
      comment: "What stands at the top of src wires modules; a room's tables are not part of that.",
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '\\.entity\\.ts$' },
    },
    {
      name: 'nothing-imports-the-sandbox',
      comment: 'The offline X is a program of its own; the service must not come to depend on it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/sandbox/' },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'the-sandbox-knows-only-the-kernel',
      comment: 'The sandbox counts replies and signs events by itself: shared code would share its mistakes with what it is there to test.',
      severity: 'error',
      from: { path: '^src/sandbox/' },
      to: { path: '^src/', pathNot: ['^src/sandbox/', '^src/kernel/'] },
    },
    {
      name: 'nothing-imports-migrate-data',
      comment: 'Moving the data to another engine is a program of its own; the service knows only the marks that it leaves (`database/moved-data.service.ts`).',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/migrate-data/' },
      to: { path: '^src/migrate-data/' },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'What runs in production does not need test support, nor benchmarks or scripts.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'x-api-knows-none-of-our-modules',
      comment: 'x-api knows X. Of ours it imports the kernel, the settings, and the runtime (clock, timers, log).',
      severity: 'error',
      from: { path: '^src/x-api/' },
      to: { path: '^src/', pathNot: ['^src/x-api/', '^src/kernel/', '^src/config/', '^src/runtime/'] },
    },
    {
      name: 'x-api-generations-are-apart',
      comment: 'One generation of X can go without the next one noticing; what they share stands in files that belong to none.',
      severity: 'error',
      from: { path: generationFile('(premium|enterprise|v1|v2|x-activity)') },
      to: { path: generationFile('(?:premium|enterprise|v1|v2|x-activity)'), pathNot: generationFile('$1') },
    },
    {
      name: 'twitter-api-v2-in-x-api-only',
      comment: 'The rest of the service sees X through the port, so that the library can be changed in one room.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/x-api/' },
      to: { path: 'node_modules/twitter-api-v2/' },
    },
    {
      name: 'database-drivers-in-database-only',
      comment: 'What is particular to sqlite3 and pg stays in one room: the way out of the archived sqlite3 is one file.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/database/' },
      to: { path: ['node_modules/sqlite3/', 'node_modules/pg/', 'node_modules/@types/pg/'] },
    },
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one thing in two places.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-barrels',
      comment: 'An index.ts hides where a name comes from and makes circles; import the file that has it.',
      severity: 'error',
      from: {},
      to: { path: '(^|/)index\\.ts$', pathNot: 'node_modules' },
    },
    {
      name: 'no-path-aliases',
      comment: 'A relative path is understood by Node, the compiler, the editor and the reader alike.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['aliased', 'aliased-subpath-import', 'aliased-tsconfig', 'aliased-tsconfig-paths', 'aliased-tsconfig-base-url'] },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere escapes every other rule.',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-packages-only',
      comment: 'What src imports is among the dependencies of package.json: a package of tests, or of another package, is absent in production or changes unasked.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    exclude: { path: '\\.spec\\.ts$' },
    doNotFollow: { path: 'node_modules' },
    // Imports of types count too: they tie two files together just as well.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: join(__dirname, 'tsconfig.json') },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
