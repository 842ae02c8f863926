/** The lines that run a walk again, as a person would type them. */
import type { DevicePlan } from '../../execution/run-plan';
import { shellWord } from '../../jest/rerun-line';
import { shownPath } from '../support/shown-path';
import { DEFAULT_MAX_STEPS, type ExploreOptions } from './options';

export interface CommandLines {
  /** Makes the same walk, and shrinks it again. */
  readonly again: string;
  /** Runs the scenario that was written down. */
  run(file: string): string;
}

export function commandLines(
  { seed, maxSteps }: ExploreOptions,
  device: DevicePlan,
  path: string,
  cwd: string = process.cwd(),
): CommandLines {
  const where = ['--device', device.device];
  if (device.destination !== undefined) where.push('--destination', device.destination);
  if (device.profile !== undefined) where.push('--profile', shownPath(device.profile, cwd));
  if (device.host !== 'local') where.push('--host', device.host);
  const walk = ['--seed', String(seed), '--path', path];
  if (maxSteps !== DEFAULT_MAX_STEPS) walk.push('--max-steps', String(maxSteps));
  const line = (words: readonly string[]): string => ['vfio-conformance', ...words].map(shellWord).join(' ');
  return {
    again: line(['explore', ...where, ...walk]),
    run: (file) => line(['run', shownPath(file, cwd), ...where]),
  };
}
