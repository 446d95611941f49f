import 'reflect-metadata';
import { Timers } from '../runtime/timers.service.js';
import { MoveProblem } from './move-problem.js';
import { type MoveRequest, readArguments, USAGE } from './move-request.js';
import { compareAll, copyAll } from './move.service.js';
import { Progress } from './progress.service.js';
import { checkKeys } from './sealing-keys.service.js';
import { SourceFile } from './source-file.service.js';
import { TargetDatabase } from './target-database.service.js';

async function main(): Promise<number> {
  const asked = readArguments(process.argv.slice(2));
  switch (asked.kind) {
    case 'help':
      process.stdout.write(`${USAGE}\n`);
      return 0;
    case 'odd':
      process.stderr.write(`${asked.why}\n\n${USAGE}\n`);
      return 2;
    case 'move':
      return move(asked.request);
  }
}

async function move({ file, url }: MoveRequest): Promise<number> {
  const progress = new Progress(process.stdout, new Timers());
  const source = await SourceFile.open(file);
  try {
    const advice = checkKeys(source.file, await source.listSealingKeys(), process.env);
    const target = await TargetDatabase.open(url, source);
    try {
      progress.say(`From ${source.file} to ${target.shownUrl}`);
      await copyAll(source, target, progress);
      await compareAll(source, target, progress);
      // In this order there is no moment at which a service starts on both.
      await source.markMoved();
      await target.finish();
    } finally {
      await target.close();
    }
    progress.say(`All is in PostgreSQL. Start the service with DATABASE_URL set to it.\n${advice}`);
    return 0;
  } finally {
    await source.close();
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    // The message alone: the rest of a driver's error has the values of the statement in it.
    process.stderr.write(error instanceof MoveProblem ? `${error.message}\n` : `The move failed, and can be gone on with: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
