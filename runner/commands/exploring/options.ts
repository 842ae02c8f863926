/** The options of `explore`, checked as far as that goes without looking at files or devices. */
import { quote } from '../../language/suggest';
import { type CheckedOptions, checkOptions } from '../running/options';
import { UsageError } from '../support/exit';

/** As commander gives them. */
export interface ExploreGiven {
  readonly device: string;
  readonly destination?: string;
  readonly host: string;
  readonly profile?: string;
  readonly seed?: string;
  readonly runs?: string;
  readonly maxSteps?: string;
  readonly path?: string;
  readonly out?: string;
  readonly json?: true;
}

export interface ExploreOptions {
  /** What `run` would make of the same words. */
  readonly run: CheckedOptions;
  readonly seed: number;
  readonly runs: number;
  readonly maxSteps: number;
  /** The number of one walk, from 0. */
  readonly path?: string;
  readonly out?: string;
  readonly json: boolean;
}

export const DEFAULT_RUNS = 100;
export const DEFAULT_MAX_STEPS = 30;
export const DEFAULT_SEED = 1;
const MOST_RUNS = 1_000_000;
const MOST_STEPS = 500;
const LARGEST_SEED = 0x7fff_ffff;

/** @throws UsageError */
export function checkExploreOptions(given: ExploreGiven): ExploreOptions {
  const { device, destination, host, profile } = given;
  // The walks' seed is not the run's: a scenario that was written down fails without any option.
  const run = checkOptions({
    device: [device],
    host,
    ...(destination === undefined ? {} : { destination }),
    ...(profile === undefined ? {} : { profile }),
  });
  const path = given.path === undefined ? undefined : wholeNumber('--path', given.path, 0, MOST_RUNS, 0);
  if (path !== undefined && given.runs !== undefined)
    throw new UsageError('--path is one walk, so that there is no number of --runs to choose');
  return {
    run,
    seed: wholeNumber('--seed', given.seed, 0, LARGEST_SEED, DEFAULT_SEED),
    runs: wholeNumber('--runs', given.runs, 1, MOST_RUNS, DEFAULT_RUNS),
    maxSteps: wholeNumber('--max-steps', given.maxSteps, 1, MOST_STEPS, DEFAULT_MAX_STEPS),
    ...(path === undefined ? {} : { path: String(path) }),
    ...(given.out === undefined ? {} : { out: given.out }),
    json: given.json === true,
  };
}

function wholeNumber(option: string, text: string | undefined, least: number, most: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${option} ${quote(text)}: a whole number from ${least} to ${most} is wanted`);
}
