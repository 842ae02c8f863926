/** `run [SUITE|SCENARIO...]`: takes a device through suites or scenarios, and gives the verdict. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { Act } from './main';
import type { RunOptions } from './running/options';
import { CannotRun } from './support/exit';

const GRADES = ['kit', 'text'] as const;

export function declare(command: Command, act: Act): void {
  command
    .argument('[targets...]', 'suites by name, scenario and suite files, folders (default: certify)')
    .option(
      '-d, --device <device>',
      'what to test: a PCI address, an mdev UUID, reference[:...], replay:FILE; may be given again',
      collect,
    )
    .option(
      '--destination <device>',
      'a second device that takes the saved state, or self (default for reference: a correct one)',
    )
    .option('--host <host>', 'where the devices are: local, ssh:[USER@]HOST or unix:PATH', 'local')
    .option('--profile <file>', 'the device profile (default: the one in devices/ that matches)')
    .option('--resume <dir>', 'go on with a run that was interrupted: its folder')
    .option('--list', 'list the cases and their clauses; touches no device')
    .option('--plan', 'say what would be opened, bound, reset and written, and do nothing of it')
    .option('--bind', 'give the named PCI devices to vfio-pci for the run, and back to their drivers afterwards')
    .option('--case <id>', 'only this case, or all cases of this scenario; may be given again', collect)
    .option('--tag <tag>', 'only cases with this tag; may be given again', collect)
    .option('--only <pattern>', 'only cases of clauses or scenario names that fit: SAVE-*; may be given again', collect)
    .option('--skip <pattern>', 'leave out cases of clauses or scenario names that fit; may be given again', collect)
    .option('--repeat <n>', 'run every case n times: one that does not come out the same each time is unstable')
    .option('--strict', 'hold a broken should against the device like a broken must')
    .addOption(new Option('--grade <grade>', "whose levels count: the kit's, or the text's own words").choices(GRADES))
    .option('--seed <n>', 'what random choices start from')
    .option(
      '--allow <what>',
      'allow what scenarios and profiles may not do by themselves: raw-ioctl, programs',
      collect,
    )
    .option('--record <file>', 'keep every access and its answer in this file, for --device replay:FILE')
    .option('--trace', 'print every access as it happens, decoded, to standard error')
    .option('--json <file>', 'write the verdict and everything it rests on to this file')
    .option('--junit <file>', 'write the cases and the verdict as JUnit XML, for CI systems')
    .option('--keep <n>', 'afterwards keep the newest n runs of this suite in results/, and remove older ones')
    .option('--out <dir>', "the run's own folder (default: results/TIME-SUITE)")
    .option('--report', 'make the HTML report (default: yes, unless --case, --tag, --only or --skip is given)')
    .option('--no-report', 'make no HTML report')
    .action(act(run));
}

async function run(targets: readonly string[], given: RunOptions): Promise<number> {
  const { checkOptions, checkResume } = require('./running/options') as typeof import('./running/options');
  const { HostUnavailable } = require('../host/host-unavailable') as typeof import('../host/host-unavailable');
  const { HostLost } = require('../host/vfio-host') as typeof import('../host/vfio-host');
  const options = checkOptions(given);
  if (options.resume !== undefined) checkResume(targets, given);
  if (options.list) {
    const { listCases } = require('./running/list-cases') as typeof import('./running/list-cases');
    return listCases(targets, options);
  }
  const { resumeRun, runTargets } = require('./running/flow') as typeof import('./running/flow');
  try {
    return options.resume === undefined
      ? await runTargets(targets, options)
      : await resumeRun(path.resolve(options.resume), options);
  } catch (error) {
    if (error instanceof HostLost) throw new CannotRun(error.message);
    if (error instanceof HostUnavailable) throw new CannotRun(error.reason, error.remedy);
    throw error;
  }
}

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}
