/** `compare BEFORE AFTER`: what changed from one run to another. */
import path from 'node:path';
import type { Command } from 'commander';
import type { Act } from './main';
import { CannotRun, EXIT, UsageError } from './support/exit';
import { refuseFolder } from './support/file-status';
import { jsonText, printable } from './support/printable';
import { shownPath } from './support/shown-path';
import { colorsFor, complain, print } from './support/terminal';

interface Options {
  readonly threshold?: string;
  readonly json?: true;
  readonly html?: string;
}

const DEFAULT_THRESHOLD = 1.5;
const LARGEST_THRESHOLD = 1000;

export function declare(command: Command, act: Act): void {
  command
    .argument('<before>', "the earlier run's folder")
    .argument('<after>', "the later run's folder")
    .option(
      '--threshold <ratio>',
      `how many times as long counts as slower, and then is exit code 1 (default: told from ${DEFAULT_THRESHOLD} on)`,
    )
    .option('--json', 'write the comparison to standard output as JSON')
    .option('--html <file>', 'write it as a page, in one file')
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing broke, 1 something broke (or, with --threshold, got slower), 2 a folder that is no run,\n3 a run cannot be compared.',
    )
    .action(act(compare));
}

function compare(before: string, after: string, options: Options): number {
  const { readStoredRun } = require('./running/stored-run') as typeof import('./running/stored-run');
  const { compareRuns } = require('./comparing/compare-runs') as typeof import('./comparing/compare-runs');
  const threshold = ratioOf(options.threshold);
  if (options.html !== undefined) refuseFolder('--html', options.html);
  const comparison = compareRuns(readStoredRun(path.resolve(before)), readStoredRun(path.resolve(after)), threshold);
  if (options.html !== undefined) writePage(path.resolve(options.html), comparison);
  if (options.json) process.stdout.write(jsonText(comparison));
  else {
    const { comparisonText } = require('./comparing/text') as typeof import('./comparing/text');
    print(comparisonText(comparison, colorsFor(process.stdout)));
  }
  const broke = comparison.clauses.broke.length + comparison.cases.broke.length;
  const slower = options.threshold === undefined ? 0 : comparison.slower.length;
  return broke + slower > 0 ? EXIT.nonConformant : EXIT.fine;
}

function writePage(
  file: string,
  comparison: Parameters<typeof import('../../reports/comparison/page').comparisonPage>[0],
): void {
  const { comparisonPage } = require('../../reports/comparison/page') as typeof import('../../reports/comparison/page');
  const { writeWholeFile } = require('../execution/whole-file') as typeof import('../execution/whole-file');
  try {
    writeWholeFile(file, comparisonPage(comparison));
  } catch (error) {
    throw new CannotRun(`--html ${shownPath(file)}: ${error instanceof Error ? error.message : String(error)}`);
  }
  complain(printable(shownPath(file)));
}

function ratioOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_THRESHOLD;
  const ratio = /^\d{1,4}(\.\d{1,4})?$/.test(text) ? Number(text) : Number.NaN;
  if (ratio > 1 && ratio <= LARGEST_THRESHOLD) return ratio;
  throw new UsageError(`--threshold ${text}: a ratio above 1 is wanted, as in 1.25`);
}
