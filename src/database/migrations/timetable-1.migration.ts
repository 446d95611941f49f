import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, id, instant, text } from './column-types.migration.js';

export class Timetable1 implements MigrationInterface {
  readonly name = 'Timetable1795340000005';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'job_runs', [
      id('job'),
      { ...instant('scheduled_at'), isPrimary: true },
      instant('started_at'),
      instant('finished_at', { nullable: true }),
      text('outcome'),
      text('detail', { nullable: true }),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('job_runs');
  }
}
