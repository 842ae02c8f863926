/** `report RUNDIR`: the HTML report of a run, in one file. */
import path from 'node:path';
import type { Command } from 'commander';
import type { Act } from './main';
import { CannotRun, EXIT } from './support/exit';
import { refuseFolder } from './support/file-status';
import { printable } from './support/printable';
import { chosenRun } from './support/run-folders';
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
  const folder = chosenRun(named, options.latest === true);
  const output = path.resolve(options.output ?? path.join(folder, 'report.html'));
  if (options.output !== undefined) refuseFolder('--output', options.output);
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
