/** The options of `run`, checked as far as that goes without looking at files or devices. */
import type { CaseFilter } from '../../execution/run-plan';
import { nearest, quote } from '../../language/suggest';
import { UsageError } from '../support/exit';
import { checkHost } from '../support/host-option';

/** As commander gives them. */
export interface RunOptions {
  readonly device?: readonly string[];
  readonly destination?: string;
  readonly host: string;
  readonly profile?: string;
  readonly resume?: string;
  readonly list?: true;
  readonly plan?: true;
  readonly bind?: true;
  readonly case?: readonly string[];
  readonly tag?: readonly string[];
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly repeat?: string;
  readonly strict?: true;
  readonly grade?: 'kit' | 'text';
  readonly seed?: string;
  readonly allow?: readonly string[];
  readonly record?: string;
  readonly trace?: true;
  readonly json?: string;
  readonly junit?: string;
  readonly keep?: string;
  readonly out?: string;
  /** Absent when neither --report nor --no-report was given. */
  readonly report?: boolean;
}

export interface CheckedOptions {
  readonly devices: readonly string[];
  readonly destination?: string;
  readonly host: string;
  readonly profile?: string;
  /** The folder of the run to go on with; then the rest is as that run has it. */
  readonly resume?: string;
  readonly list: boolean;
  /** Tell what would be done, and do nothing. */
  readonly plan: boolean;
  /** Bind the named devices to vfio-pci, and give them back. */
  readonly bind: boolean;
  readonly filter: CaseFilter;
  readonly repeat: number;
  readonly strict: boolean;
  readonly grade: 'kit' | 'text';
  readonly seed: number;
  readonly allow: readonly string[];
  readonly record?: string;
  readonly trace: boolean;
  readonly json?: string;
  readonly junit?: string;
  /** How many runs of this suite stay, this one included; all when absent. */
  readonly keep?: number;
  readonly out?: string;
  readonly report: boolean;
}

const PERMISSIONS = ['raw-ioctl', 'programs'];
const MOST_REPETITIONS = 10_000;
const MOST_KEPT = 1_000_000;
const LARGEST_SEED = 0xffff_ffff;

/** @throws UsageError */
export function checkOptions(given: RunOptions): CheckedOptions {
  checkHost(given.host);
  for (const name of ['json', 'junit'] as const)
    if (given.list && given[name] !== undefined)
      throw new UsageError(`--list runs nothing, so that there is nothing to write to --${name}`);
  if (given.keep !== undefined && given.out !== undefined)
    throw new UsageError(
      '--keep removes older runs of results/, and --out puts this one elsewhere',
      'Leave one of them out.',
    );
  if (given.record !== undefined && (given.device?.length ?? 0) > 1)
    throw new UsageError('--record keeps the accesses to one device', 'Run the devices one after the other.');
  if (given.trace && (given.device?.length ?? 0) > 1)
    throw new UsageError('--trace follows one device', 'Run the devices one after the other.');
  const filter: CaseFilter = {
    cases: given.case ?? [],
    tags: given.tag ?? [],
    only: given.only ?? [],
    skip: given.skip ?? [],
  };
  return {
    devices: (given.device ?? []).map((name) => name.trim()),
    ...(given.destination === undefined ? {} : { destination: given.destination.trim() }),
    host: given.host,
    ...(given.profile === undefined ? {} : { profile: given.profile }),
    ...(given.resume === undefined ? {} : { resume: given.resume }),
    list: given.list === true,
    plan: given.plan === true,
    bind: given.bind === true,
    filter,
    repeat: wholeNumber('--repeat', given.repeat, 1, MOST_REPETITIONS, 1),
    strict: given.strict === true,
    grade: given.grade ?? 'kit',
    seed: wholeNumber('--seed', given.seed, 0, LARGEST_SEED, 1),
    allow: permissions(given.allow ?? []),
    ...(given.record === undefined ? {} : { record: given.record }),
    trace: given.trace === true,
    ...(given.json === undefined ? {} : { json: given.json }),
    ...(given.junit === undefined ? {} : { junit: given.junit }),
    ...(given.keep === undefined ? {} : { keep: wholeNumber('--keep', given.keep, 1, MOST_KEPT, 1) }),
    ...(given.out === undefined ? {} : { out: given.out }),
    report: given.report ?? !isFiltered(filter),
  };
}

/** Options that say nothing about what is tested and how. */
const WITH_RESUME: readonly string[] = ['resume', 'json', 'junit', 'keep', 'report', 'host', 'bind'];

/** A run that is taken up again has its targets, devices and rules already. @throws UsageError */
export function checkResume(targets: readonly string[], given: RunOptions): void {
  const more = Object.keys(given).find((name) => !WITH_RESUME.includes(name));
  const besides = targets[0] ?? (more === undefined ? undefined : `--${more}`);
  if (besides === undefined && given.host === 'local') return;
  throw new UsageError(
    `--resume goes on with a run as it began, and ${besides ?? '--host'} would change it`,
    'Leave it out; --bind, --json, --junit, --keep, --report and --no-report can be given.',
  );
}

/** True when a run takes only a part of what its suites hold. */
export function isFiltered({ cases, tags, only, skip }: CaseFilter): boolean {
  return cases.length + tags.length + only.length + skip.length > 0;
}

function wholeNumber(option: string, text: string | undefined, least: number, most: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${option} ${quote(text)}: a whole number from ${least} to ${most} is wanted`);
}

function permissions(allow: readonly string[]): readonly string[] {
  for (const word of allow) {
    if (PERMISSIONS.includes(word)) continue;
    const near = nearest(word, PERMISSIONS);
    throw new UsageError(
      `--allow ${quote(word)}: what can be allowed is ${PERMISSIONS.join(' and ')}`,
      near === undefined ? undefined : `did you mean ${near} ?`,
    );
  }
  return [...new Set(allow)];
}
