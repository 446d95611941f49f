// What measurements have in common: medians, one table, and the exit code.

/**
 * A line of the table. `ratio` is a number, or null where only the figure itself counts; `wanted` says what is to be reached in
 * words, `isReached` whether it was (null: nothing is wanted).
 * @typedef {{ what: string, ours: string, beside: string, ratio: number | null, wanted: string, isReached: boolean | null }} Row
 */

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)];
/** The number below which this part of them lies. */
const quantile = (numbers, part) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];

/** A row about how ours compares with another's: `least` of it is wanted, or `most` of it. */
function compared(what, [ours, beside], ratio, { least, most }) {
  const wanted = least === undefined ? `at most ${most}` : `at least ${least}`;
  return { what, ours, beside, ratio, wanted, isReached: least === undefined ? ratio <= most : ratio >= least };
}

/** A row of which nothing is wanted. */
const figure = (what, ours) => ({ what, ours, beside: '', ratio: null, wanted: '', isReached: null });
const perSecond = (number) => `${Math.round(number)}/s`;

function printTable(rows) {
  console.log('| | ours | beside it | ratio | wanted | |\n| --- | ---: | ---: | ---: | ---: | --- |');
  for (const { what, ours, beside, ratio, wanted, isReached } of rows) {
    const verdict = isReached === null ? '' : isReached ? 'reached' : '**missed**';
    console.log(`| ${what} | ${ours} | ${beside} | ${ratio === null ? '' : ratio.toFixed(2)} | ${wanted} | ${verdict} |`);
  }
}

/** Says on stderr what is under way; the table goes to stdout. */
const progress = (text) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);

/** Runs a measurement by itself. The exit code is 1 when something is missed. */
function runAlone(measure) {
  measure(process.argv.slice(2).map(Number)).then(
    (rows) => {
      progress('');
      printTable(rows);
      process.exitCode = rows.some(({ isReached }) => isReached === false) ? 1 : 0;
    },
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}

module.exports = { compared, figure, median, perSecond, printTable, progress, quantile, runAlone };
