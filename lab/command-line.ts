/** The lab's command line: `[OPTIONS] [SUBCOMMAND [OPTIONS] [ARGS...]]`, where `run` and `exec` pass what follows them on as it is. */
import { parseArgs } from 'node:util';
import { LabFailure } from './failure';
import { defaultSeries, kernelSeries } from './kernel/lab-kernel';

export const subcommands = ['ci', 'full', 'qemu', 'run', 'exec', 'shell', 'module', 'clean', 'help'] as const;
export type Subcommand = (typeof subcommands)[number];

export interface LabCommand {
  readonly subcommand: Subcommand;
  readonly args: readonly string[];
  /** Series, e.g. 6.12. */
  readonly kernel: string;
  /** Those that `full` goes through: all of them, unless one is named. */
  readonly kernels: readonly string[];
  /** Folders of out-of-tree modules to build and load. */
  readonly modules: readonly string[];
  /** Look for a newer kernel. */
  readonly refresh: boolean;
  /** Wait for another lab to end. */
  readonly wait: boolean;
  readonly memoryMiB: number;
  readonly processors: number;
  readonly timeoutSeconds: number;
  /** A fault of our own module that is on while `ci` certifies it. */
  readonly fault: string | undefined;
  /** `ci` without the faults: the correct module, and the other devices. */
  readonly noFaults: boolean;
  /** `full` tries each fault in one layout only. */
  readonly oneLayout: boolean;
  /** `ci` tries each fault in every layout in which it shows. */
  readonly everyLayout: boolean;
  /** `full` ends after so many minutes, and goes on the next time; undefined: when it is done. */
  readonly minutes: number | undefined;
}

export const usage = `npm run lab [-- [OPTIONS] [SUBCOMMAND]]

Boots a Debian kernel in QEMU with real VFIO devices on an emulated IOMMU, and runs the kit in it.

  (none)            what CI runs: our own driver module certified, correct and with each fault; the kit on other devices
  full              each fault with the whole certification, all layouts, large states, both kernels; writes docs/lab-matrix.md.
                    Hours; it may be interrupted, and goes on where it ended as long as kit and module are the same
  qemu              QEMU 7.2, nested in the guest, migrates the module, correct and with faults; writes docs/second-opinion.md
  run ARGS...       vfio-conformance ARGS in the guest; reports come back to results/lab/
  exec COMMAND...   a shell command in the guest
  shell             an interactive shell in the guest, everything bound
  module FOLDER     builds an out-of-tree kernel module and prints its .ko
  clean             deletes the cache (.lab/); results stay

Options, before the subcommand:
  --kernel ${Object.keys(kernelSeries).join('|')}${' '.repeat(Math.max(1, 8 - Object.keys(kernelSeries).join('|').length))} which kernel (default ${defaultSeries})
  --module FOLDER   build and load this too; sample:mtty for the kernel's own sample
  --refresh         look for a newer kernel than the one in the cache
  --wait            when another lab is running, wait for it
  --memory MIB      the guest's memory (default 1536)
  --cpus N          the guest's processors (default 1)
  --timeout SECONDS how long the command in the guest may take (default 1800; full: 24 hours, qemu: 1)
  --fault NAME      without a subcommand: certify the module with this fault switched on, which must fail
  --no-faults       without a subcommand: without the faults of the module
  --every-layout    without a subcommand: each fault in every layout in which it shows, not in one of them
  --one-layout      for full: each fault in one layout, another one from fault to fault; takes a third of the time
  --minutes N       for full: end after N minutes; the next call goes on
`;

/** Seconds. */
function defaultTimeout(subcommand: Subcommand): number {
  if (subcommand === 'qemu') return 3600;
  return subcommand === 'full' ? 86_400 : 1800;
}

const valueOptions = new Set(['--kernel', '--module', '--memory', '--cpus', '--timeout', '--fault', '--minutes']);

/** Where the options end: the first word that is neither an option nor an option's value. */
function headLength(argv: readonly string[]): number {
  let at = 0;
  while (at < argv.length && argv[at]?.startsWith('-')) at += valueOptions.has(argv[at] ?? '') ? 2 : 1;
  return Math.min(at, argv.length);
}

function whole(text: string, option: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new LabFailure(`${option} wants a whole number from ${least} to ${most}, not "${text}"`, '', 2);
  }
  return value;
}

function subcommandOf(word: string | undefined): Subcommand {
  const found = subcommands.find((name) => name === (word ?? 'ci'));
  if (found === undefined) throw new LabFailure(`no lab subcommand "${word}"`, `Known: ${subcommands.join(', ')}.`, 2);
  return found;
}

/** Throws LabFailure with exit code 2 for anything it does not know. */
export function parseCommandLine(argv: readonly string[]): LabCommand {
  const split = headLength(argv);
  const options = {
    kernel: { type: 'string' },
    module: { type: 'string', multiple: true, default: [] as string[] },
    refresh: { type: 'boolean', default: false },
    wait: { type: 'boolean', default: false },
    memory: { type: 'string', default: '1536' },
    cpus: { type: 'string', default: '1' },
    timeout: { type: 'string' },
    'one-layout': { type: 'boolean', default: false },
    'every-layout': { type: 'boolean', default: false },
    'no-faults': { type: 'boolean', default: false },
    minutes: { type: 'string' },
    fault: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values } = (() => {
    try {
      return parseArgs({ args: argv.slice(0, split), options, strict: true });
    } catch (error) {
      throw new LabFailure(
        error instanceof Error ? error.message : String(error),
        'npm run lab -- help lists the options.',
        2,
      );
    }
  })();
  const [word, ...args] = argv.slice(split);
  const subcommand = values.help ? 'help' : subcommandOf(word);
  const kernel = values.kernel ?? defaultSeries;
  if (!Object.hasOwn(kernelSeries, kernel)) {
    throw new LabFailure(`no kernel "${kernel}" in the lab`, `Known: ${Object.keys(kernelSeries).join(', ')}.`, 2);
  }
  if ((subcommand === 'run' || subcommand === 'exec') && args.length === 0) {
    throw new LabFailure(`lab ${subcommand} wants something to run`, '', 2);
  }
  if (subcommand === 'module' ? args.length !== 1 : !['run', 'exec'].includes(subcommand) && args.length > 0) {
    throw new LabFailure(
      subcommand === 'module' ? 'lab module wants one folder' : `lab ${subcommand} takes no arguments`,
      'Options go before the subcommand.',
      2,
    );
  }
  if (values.fault !== undefined && subcommand !== 'ci') {
    throw new LabFailure(
      '--fault is for the form without a subcommand',
      "By hand: write it to the device's dut/fault.",
      2,
    );
  }
  for (const option of ['one-layout', 'minutes'] as const) {
    if (values[option] && subcommand !== 'full') throw new LabFailure(`--${option} is for full`, '', 2);
  }
  for (const option of ['no-faults', 'every-layout'] as const) {
    if (values[option] && subcommand !== 'ci') {
      throw new LabFailure(`--${option} is for the form without a subcommand`, '', 2);
    }
  }
  return {
    subcommand,
    args,
    kernel,
    kernels: subcommand === 'full' && values.kernel === undefined ? Object.keys(kernelSeries) : [kernel],
    modules: values.module,
    refresh: values.refresh,
    wait: values.wait,
    memoryMiB: whole(values.memory, '--memory', 512, 65_536),
    processors: whole(values.cpus, '--cpus', 1, 64),
    timeoutSeconds: whole(values.timeout ?? String(defaultTimeout(subcommand)), '--timeout', 1, 86_400),
    fault: values.fault,
    oneLayout: values['one-layout'],
    everyLayout: values['every-layout'],
    noFaults: values['no-faults'],
    minutes: values.minutes === undefined ? undefined : whole(values.minutes, '--minutes', 1, 10_000),
  };
}
