/** One import that a rule forbids, with the files it takes; `to` is as the checker resolves it. */
export interface PlantedImport {
  rule: string;
  from: string;
  to: string;
  files: Readonly<Record<string, string>>;
}

const thing = 'export const thing = 1;\n';
const importing = (...paths: string[]) => paths.map((path, i) => `export { thing as thing${i} } from '${path}';\n`).join('');

/** `from` imports `specifier`, which is the file `to` (empty for a package, which is there already). */
function planted(rule: string, from: string, specifier: string, to: string, more: Readonly<Record<string, string>> = {}): PlantedImport {
  const target = to.startsWith('src/') || to.startsWith('test/') ? { [to]: thing } : {};
  return { rule, from, to, files: { [from]: importing(specifier), ...target, ...more } };
}

const packageFile = (name: string) => `node_modules/${name}/main.js`;

export const PLANTED: readonly PlantedImport[] = [
  planted('kernel-imports-only-itself', 'src/kernel/bad-room.ts', '../access/key-shape.js', 'src/access/key-shape.ts'),
  planted('kernel-imports-only-itself', 'src/kernel/bad-package.ts', 'zod', packageFile('zod')),
  planted('no-suffix-is-pure', 'src/messaging/bad-service.ts', './messages.service.js', 'src/messaging/messages.service.ts'),
  planted('no-suffix-is-pure', 'src/messaging/bad-nest.ts', '@nestjs/common', packageFile('@nestjs/common')),
  planted('no-suffix-is-pure', 'src/x-api/deep/bad-deep.ts', '../x.service.js', 'src/x-api/x.service.ts'),
  planted('no-suffix-reaches-nothing-outside', 'src/messaging/bad-files.ts', 'node:fs', 'fs'),
  planted('no-suffix-imports-no-starter', 'src/channels/bad-starter.ts', '../main.js', 'src/main.ts'),
  planted('no-entity-in-controllers-and-jobs', 'src/channels/bad.controller.ts', './channel.entity.js', 'src/channels/channel.entity.ts'),
  planted('no-entity-in-controllers-and-jobs', 'src/channels/bad.job.ts', './channel.entity.js', 'src/channels/channel.entity.ts'),
  planted('typeorm-in-persistence-only', 'src/channels/rows.controller.ts', 'typeorm', packageFile('typeorm')),
  planted('typeorm-in-persistence-only', 'src/channels/rows.job.ts', '@nestjs/typeorm', packageFile('@nestjs/typeorm')),
  planted('entities-stay-in-their-room', 'src/messaging/bad-entity.service.ts', '../webhook/event.entity.js', 'src/webhook/event.entity.ts'),
  planted('entities-stay-out-of-the-wiring', 'src/bad.module.ts', './webhook/event.entity.js', 'src/webhook/event.entity.ts'),
  planted('nothing-imports-the-sandbox', 'src/webhook/bad-sandbox.service.ts', '../sandbox/ledger.js', 'src/sandbox/ledger.ts'),
  planted('the-sandbox-knows-only-the-kernel', 'src/sandbox/bad-policy.ts', '../rate-policy/window.js', 'src/rate-policy/window.ts'),
  planted('nothing-imports-migrate-data', 'src/database/bad-move.service.ts', '../migrate-data/moved.js', 'src/migrate-data/moved.ts'),
  planted('nothing-imports-tests', 'src/webhook/bad-test.service.ts', '../../test/support/fake.js', 'test/support/fake.ts'),
  planted('x-api-knows-none-of-our-modules', 'src/x-api/bad-room.service.ts', '../channels/channels.service.js', 'src/channels/channels.service.ts'),
  planted('x-api-generations-are-apart', 'src/x-api/bad-v2.service.ts', './messages-v1.service.js', 'src/x-api/messages-v1.service.ts'),
  planted('x-api-generations-are-apart', 'src/x-api/account-activity-premium.service.ts', './x-activity.service.js', 'src/x-api/x-activity.service.ts'),
  planted('twitter-api-v2-in-x-api-only', 'src/channels/bad-library.service.ts', 'twitter-api-v2', packageFile('twitter-api-v2')),
  planted('database-drivers-in-database-only', 'src/operations/bad-pg.service.ts', 'pg', packageFile('pg')),
  planted('database-drivers-in-database-only', 'src/operations/bad-sqlite.service.ts', 'sqlite3', packageFile('sqlite3')),
  planted('no-circles', 'src/access/chicken.ts', './egg.js', 'src/access/egg.ts', { 'src/access/egg.ts': importing('./chicken.js') }),
  planted('no-barrels', 'src/access/bad-barrel.ts', '../channels/index.js', 'src/channels/index.ts'),
  planted('no-path-aliases', 'src/access/bad-alias.service.ts', '#kernel/aliased', 'src/kernel/aliased.ts'),
  planted('resolvable', 'src/access/bad-nowhere.service.ts', '@/kernel/nowhere.js', '@/kernel/nowhere.js'),
  planted('declared-packages-only', 'src/access/bad-dev.service.ts', 'jest', packageFile('jest')),
  planted('declared-packages-only', 'src/access/bad-undeclared.service.ts', 'undeclared', packageFile('undeclared')),
];

/** What must pass: a rule that forbids everything would catch every planted import as well. */
export const ALLOWED: Readonly<Record<string, string>> = {
  'src/kernel/good-instant.ts': thing,
  'src/kernel/good-id.ts': importing('./good-instant.js'),
  'src/messaging/good-rule.ts': importing('../kernel/good-id.js', 'zod', 'node:crypto') + "import type { Stats } from 'node:fs';\nexport type S = Stats;\n",
  'src/messaging/good-row.entity.ts': importing('typeorm', './good-rule.js'),
  'src/messaging/good.service.ts': importing('./good-row.entity.js', 'typeorm', '@nestjs/common', 'node:fs', '../x-api/good-port.service.js'),
  'src/messaging/good.controller.ts': importing('./good.service.js', '@nestjs/common'),
  'src/messaging/good.module.ts': importing('./good.service.js', '@nestjs/typeorm', './good-row.entity.js'),
  'src/database/good-driver.service.ts': importing('pg', 'sqlite3', 'typeorm'),
  'src/x-api/good-port.service.ts': importing('twitter-api-v2', '../kernel/good-id.js', './good-v1.service.js', './good-v2.service.js'),
  'src/x-api/good-v1.service.ts': importing('./good-other-v1.service.js'),
  'src/x-api/good-other-v1.service.ts': thing,
  'src/x-api/good-v2.service.ts': thing,
  'src/sandbox/good-window.ts': importing('../kernel/good-id.js'),
  'src/migrate-data/good-move.service.ts': importing('../database/good-driver.service.js'),
  'src/good.module.ts': importing('./messaging/good.module.js'),
};
