/** RunPlan: what one run is to do. `run` writes it to the run's folder; the Jest runtime and `report` read it. */

export interface DevicePlan {
  /** As named on the command line: a PCI address, an mdev UUID, `reference[:...]`. Also the Jest project's display name. */
  readonly device: string;
  /** A second device, `self`, or absent (for reference a correct one is implied). */
  readonly destination?: string;
  /** Absolute path of the device profile; absent: found by `match:` among devices/, or none. */
  readonly profile?: string;
  /** `local`, `ssh:...`, `unix:...`; the reference ignores it. */
  readonly host: string;
}

/** Which cases of the suites a run takes; all conditions must hold. */
export interface CaseFilter {
  /** Case ids, or prefixes up to `#`. */
  readonly cases: readonly string[];
  readonly tags: readonly string[];
  /** Clause ids or globs such as SAVE-*; scenario names too. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

/** Limits that no device's answer can exceed; see vfio/limits.ts for their meaning. */
export interface RunLimits {
  readonly maxStateBytes: number;
  readonly maxBuffers: number;
  /** Default deadline of one step, in milliseconds. */
  readonly stepDeadlineMs: number;
}

export interface RunPlan {
  readonly schemaVersion: 1;
  readonly kitVersion: string;
  /** Absolute path of the run's folder: plan.json, results.jsonl, run.json, allure-results/. */
  readonly folder: string;
  /** Absolute paths of suite files and single scenario files, in order. */
  readonly targets: readonly string[];
  readonly devices: readonly DevicePlan[];
  readonly filter: CaseFilter;
  /** Every case this many times; a case that passes only sometimes is unstable. */
  readonly repeat: number;
  /** A broken `should` counts like a broken `must`. */
  readonly strict: boolean;
  /** `kit`: the catalogue's level decides; `text`: the text's own word. */
  readonly grade: 'kit' | 'text';
  readonly seed: number;
  readonly limits: RunLimits;
  /** What the command line explicitly allowed: raw-ioctl, programs. */
  readonly allow: readonly string[];
  readonly startedAt: string;
  /** What the run's cases, catalogue and profiles were when it began; `run --resume` goes on with nothing else. Absent for a plain `npx jest`. */
  readonly inputs?: string;
  /** When it was taken up again after an interruption; the last time is the last member. */
  readonly resumedAt?: readonly string[];
  /** Absolute path of the file that every access is kept in (`run --record`). */
  readonly record?: string;
  /** Absolute path of the file that every access is told in as it happens (`run --trace`). */
  readonly trace?: string;
}

/** The cases that `run --resume` finds done: device, target file, case id, how many repetitions. In a file of its own, because it grows with the run. */
export type FinishedCases = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, number>>> | undefined> | undefined>
>;

export const PLAN_FILE = 'plan.json';
export const RESULTS_FILE = 'results.jsonl';
export const RUN_FILE = 'run.json';
/** FinishedCases of a run that was taken up again. */
export const FINISHED_FILE = 'finished.json';
export const ALLURE_RESULTS = 'allure-results';
export const TRACE_FILE = 'trace.txt';
/** In the run's folder while it records: what becomes the recording. */
export const RECORDING_PARTS = 'recording';

export const DEFAULT_LIMITS: RunLimits = { maxStateBytes: 1024 ** 3, maxBuffers: 1_000_000, stepDeadlineMs: 10_000 };
