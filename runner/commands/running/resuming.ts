/** `run --resume DIR`: takes up a run that was interrupted, where it stopped. */
import path from 'node:path';
import type { CaseResult } from '../../execution/case-result';
import type { DeviceDescription } from '../../execution/probe';
import { FINISHED_FILE, type FinishedCases, type RunPlan } from '../../execution/run-plan';
import { writeWholeFile } from '../../execution/whole-file';
import { kitVersion } from '../../jest/plan-file';
import { CannotRun, UsageError } from '../support/exit';
import { counted } from '../support/layout';
import { shownPath } from '../support/shown-path';
import { inputsDigest } from './run-inputs';
import { readStoredRun } from './stored-run';
import { loadTargets, type RunTarget } from './targets';

export interface ResumedRun {
  readonly plan: RunPlan;
  readonly targets: readonly RunTarget[];
  /** What the devices were when the run began; a device that was not reached then is not among them. */
  readonly known: readonly DeviceDescription[];
  /** What came of the cases before. */
  readonly results: readonly CaseResult[];
}

/** Reads the run and checks that it can go on as it began; changes nothing. @throws UsageError, CannotRun, InvalidFiles */
export function readResumable(folder: string, now: Date): ResumedRun {
  const stored = readStoredRun(folder);
  const { plan, results } = stored;
  if (plan.inputs === undefined)
    throw new UsageError(`${shownPath(folder)} was not made by \`run\`, and cannot be taken up again`);
  if (plan.kitVersion !== kitVersion())
    throw new UsageError(
      `${shownPath(folder)} was begun with version ${plan.kitVersion} of the kit, and this is ${kitVersion()}`,
      'Take it up with the version that it was begun with, or begin a new run.',
    );
  const targets = loadTargets(plan.targets, process.cwd(), plan.filter);
  if (inputsDigest(plan, targets) !== plan.inputs)
    throw new UsageError(
      `the scenarios, the catalogue or the profile of ${shownPath(folder)} were changed since it began`,
      'Half a run by the one and half by the other would say nothing: begin a new run.',
    );
  const cases = remaining(plan, targets, results);
  if (stored.finished && cases === 0 && stored.unreachable.length === 0)
    throw new UsageError(`${shownPath(folder)} is finished: all of its cases have results`);
  const resumedAt = [...(plan.resumedAt ?? []), now.toISOString()];
  return { plan: { ...plan, resumedAt }, targets, known: stored.descriptions, results };
}

/** Writes down what is done, for the workers. To be called when nobody else works in the folder any more. */
export function writeFinished(plan: RunPlan, targets: readonly RunTarget[], results: readonly CaseResult[]): void {
  writeWholeFile(path.join(plan.folder, FINISHED_FILE), `${JSON.stringify(finishedCases(plan, targets, results))}\n`);
}

/** How many cases have no result yet, all devices and repetitions counted. */
export function remaining(plan: RunPlan, targets: readonly RunTarget[], results: readonly CaseResult[]): number {
  const finished = finishedCases(plan, targets, results);
  let done = 0;
  for (const perTarget of Object.values(finished))
    for (const perCase of Object.values(perTarget ?? {}))
      for (const count of Object.values(perCase ?? {})) done += count;
  return plan.devices.length * plan.repeat * targets.reduce((sum, target) => sum + target.taken.length, 0) - done;
}

/** A case that two targets have is done in the order of the targets. */
export function finishedCases(
  plan: RunPlan,
  targets: readonly RunTarget[],
  results: readonly CaseResult[],
): FinishedCases {
  const finished: Record<string, Record<string, Record<string, number>>> = {};
  for (const { device } of plan.devices) {
    const counts = new Map<string, number>();
    for (const result of results) if (result.device === device) counts.set(result.id, (counts.get(result.id) ?? 0) + 1);
    const perTarget: Record<string, Record<string, number>> = {};
    for (const { file, taken } of targets) {
      const perCase: Record<string, number> = {};
      for (const { id } of taken) {
        const done = Math.min(plan.repeat, counts.get(id) ?? 0);
        if (done === 0) continue;
        perCase[id] = done;
        counts.set(id, (counts.get(id) ?? 0) - done);
      }
      perTarget[file] = perCase;
    }
    finished[device] = perTarget;
  }
  return finished;
}

/**
 * What was tested before the interruption and what is there now have to be the same: a new kernel or module makes it another run.
 * @throws CannotRun
 */
export function checkUnchanged(known: readonly DeviceDescription[], found: readonly DeviceDescription[]): void {
  for (const before of known) {
    const now = found.find((one) => one.device === before.device);
    if (!now) continue;
    const [was, is] = [comparable(before), comparable(now)];
    const changed = Object.keys({ ...was, ...is }).filter((key) => was[key] !== is[key]);
    if (changed.length === 0) continue;
    const told = changed.map((key) => `${key} was ${was[key] ?? 'absent'} and is ${is[key] ?? 'absent'}`);
    throw new CannotRun(
      `${before.device} is not what it was when the run began: ${told.slice(0, 4).join('; ')}${told.length > 4 ? `; and ${counted(told.length - 4, 'more thing')}` : ''}`,
      'Begin a new run: half of this one would be of another device.',
    );
  }
}

/** IOMMU groups are numbered anew at every boot. */
function comparable({ host, identity, flags, shows, iommu, profile }: DeviceDescription): Record<string, string> {
  const { group: _numberedAtBoot, ...lasting } = identity;
  return Object.fromEntries(
    Object.entries({
      ...lasting,
      architecture: host.architecture,
      kernel: host.kernelRelease,
      flags,
      shows: shows.join(', '),
      iommu,
      profile,
    })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, String(value)]),
  );
}
