/** `report RUNDIR`: the HTML report of a run, in one file. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { PLAN_FILE } from '../execution/run-plan';
import type { Act } from './main';
import { CannotRun, EXIT, UsageError } from './support/exit';
import { printable } from './support/printable';
import { latestRun } from './support/run-folders';
import { shownPath } from './support/shown-path';
import { print } from './support/terminal';

interface Options {
  readonly latest?: true;
  readonly output?: string;
}

export function declare(command: Command, act: Act): void {
  command
    .argument('[rundir]', "a run's folder, as `run` names it at its end")
    .option('--latest', 'the newest run below results/ in this folder')
    .option('-o, --output <file>', "where to write it (default: report.html in the run's folder)")
    .action(act(report));
}

async function report(named: string | undefined, options: Options): Promise<number> {
  const folder = chosenFolder(named, options);
  const output = path.resolve(options.output ?? path.join(folder, 'report.html'));
  const { generateReport } = require('../../reports') as typeof import('../../reports');
  try {
    const made = await generateReport(folder, output);
    print(
      `${printable(shownPath(made.file))}: ${made.cases} cases, ${(made.bytes / 1024).toFixed(0)} KiB, in ${(made.milliseconds / 1000).toFixed(1)} s`,
    );
    return EXIT.fine;
  } catch (error) {
    throw new CannotRun(error instanceof Error ? error.message : String(error));
  }
}

function chosenFolder(named: string | undefined, { latest }: Options): string {
  if ((named === undefined) === (latest === undefined))
    throw new UsageError(
      'say which run: its folder, or --latest',
      'A run names its folder at its end; they lie below results/.',
    );
  if (named === undefined) {
    const results = path.resolve('results');
    const found = latestRun(results);
    if (found === undefined)
      throw new UsageError(`there is no run in ${shownPath(results)}`, '`vfio-conformance run` makes one.');
    return found;
  }
  const folder = path.resolve(named);
  if (!existsSync(folder)) throw new UsageError(`there is no folder ${shownPath(folder)}`);
  if (!existsSync(path.join(folder, PLAN_FILE)))
    throw new UsageError(`${shownPath(folder)} is not the folder of a run: there is no ${PLAN_FILE} in it`);
  return folder;
}
