/** From the checked command line to the plan that the run's folder begins with. */
import { accessSync, constants, readdirSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_LIMITS, type DevicePlan, type RunPlan, TRACE_FILE } from '../../execution/run-plan';
import { kitVersion } from '../../jest/plan-file';
import { UsageError } from '../support/exit';
import { fileStatus } from '../support/file-status';
import { isMachineTrouble } from '../support/machine-trouble';
import { makeFolder } from '../support/make-folder';
import { freshFolder } from '../support/run-folders';
import type { CheckedOptions } from './options';
import { inputsDigest } from './run-inputs';
import { nameOf, type RunTarget } from './targets';

/** Makes the run's folder, unless the plan is only to be told. @throws UsageError when a folder or file cannot be used. */
export function makePlan(
  options: CheckedOptions,
  targets: readonly RunTarget[],
  devices: readonly DevicePlan[],
  cwd: string,
): RunPlan {
  const now = new Date();
  const folder =
    options.out === undefined
      ? freshFolder(path.join(cwd, 'results'), now, nameOf(targets))
      : path.resolve(cwd, options.out);
  if (!options.plan) makeRunFolder(folder);
  const plan: RunPlan = {
    schemaVersion: 1,
    kitVersion: kitVersion(),
    folder,
    targets: targets.map((target) => target.file),
    devices,
    filter: options.filter,
    repeat: options.repeat,
    strict: options.strict || targets.some((target) => target.strict),
    grade: options.grade,
    seed: options.seed,
    limits: DEFAULT_LIMITS,
    allow: options.allow,
    startedAt: now.toISOString(),
    ...(options.record === undefined ? {} : { record: path.resolve(cwd, options.record) }),
    ...(options.trace ? { trace: path.join(folder, TRACE_FILE) } : {}),
  };
  return { ...plan, inputs: inputsDigest(plan, targets) };
}

/** @throws UsageError when a file that the command line names cannot be written. */
export function checkOutputs({ json, junit, record }: CheckedOptions, cwd: string): void {
  if (record !== undefined) checkFile('--record', path.resolve(cwd, record));
  if (json !== undefined) checkFile('--json', path.resolve(cwd, json));
  if (junit !== undefined) checkFile('--junit', path.resolve(cwd, junit));
}

/** A folder with something in it is another run's, or somebody's: results of two runs must not get mixed. */
function makeRunFolder(folder: string): void {
  const status = fileStatus(folder);
  if (status && !status.isDirectory()) throw new UsageError(`--out ${folder} is a file, not a folder`);
  if (status && readdirSync(folder).length > 0)
    throw new UsageError(`--out ${folder} is not empty`, 'A run wants a folder of its own: name a new one.');
  make(folder);
}

function checkFile(option: string, file: string): void {
  make(path.dirname(file));
  const status = fileStatus(file);
  if (status?.isDirectory()) throw new UsageError(`${option} ${file} is a folder`);
  try {
    accessSync(status ? file : path.dirname(file), constants.W_OK);
  } catch {
    throw new UsageError(`${option} ${file} cannot be written`);
  }
}

function make(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    // A full or failing disk is no mistake of the command line.
    if (isMachineTrouble(error)) throw error;
    throw new UsageError(
      `the folder ${folder} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
