import { RowSum } from './canonical-row.js';
import { MoveProblem } from './move-problem.js';
import type { Progress } from './progress.service.js';
import type { SourceFile } from './source-file.service.js';
import type { TargetDatabase } from './target-database.service.js';
import type { TablePages } from './table-pages.service.js';

/** Copies what is not yet there. Each page is there with the note of it, or not at all. */
export async function copyAll(source: SourceFile, target: TargetDatabase, progress: Progress): Promise<void> {
  const { tables } = source;
  progress.begin('Moving', await countAll(source));
  for (const table of tables) {
    const pages = source.pages(table);
    const { lastKey, rows } = await target.progressOf(table);
    progress.add(rows);
    for await (const page of pages.after(lastKey)) {
      await target.add(table, page, pages.keyOf(page[page.length - 1] ?? []));
      progress.add(page.length);
    }
  }
  progress.end();
}

/** Reads both sides from the first row to the last. @throws MoveProblem where they differ in a count or a checksum */
export async function compareAll(source: SourceFile, target: TargetDatabase, progress: Progress): Promise<void> {
  const { tables } = source;
  progress.begin('Comparing', 2 * (await countAll(source)));
  const compared: { name: string; from: RowSum; to: RowSum }[] = [];
  for (const table of tables) {
    compared.push({ name: table.name, from: await sumOf(source.pages(table), progress), to: await sumOf(target.pages(table), progress) });
  }
  progress.end();
  const width = Math.max(...tables.map(({ name }) => name.length));
  for (const { name, from, to } of compared) {
    const isSame = from.count === to.count && from.checksum === to.checksum;
    progress.say(`${isSame ? 'ok  ' : 'FAIL'}  ${name.padEnd(width)}  ${describe(from)}${isSame ? '' : `  <> ${describe(to)} in PostgreSQL`}`);
  }
  const different = compared.filter(({ from, to }) => from.count !== to.count || from.checksum !== to.checksum).map(({ name }) => name);
  if (different.length > 0) {
    throw new MoveProblem(
      `Not the same on both sides: ${different.join(', ')}. Something has changed the SQLite file between two runs, or the PostgreSQL. Empty the PostgreSQL (DROP DATABASE, CREATE DATABASE) and move again; no service starts on it as it is.`,
    );
  }
}

async function countAll(source: SourceFile): Promise<number> {
  let all = 0;
  for (const table of source.tables) {
    all += await source.pages(table).count();
  }
  return all;
}

async function sumOf(pages: TablePages, progress: Progress): Promise<RowSum> {
  const sum = new RowSum();
  for await (const page of pages.after(null)) {
    page.forEach((row) => sum.add(row));
    progress.add(page.length);
  }
  return sum;
}

function describe({ count, checksum }: RowSum): string {
  return `${String(count).padStart(9)} rows  ${checksum.slice(0, 16)}`;
}
