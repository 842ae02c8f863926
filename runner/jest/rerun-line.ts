/** The line that runs one case again, as a person would type it. */
import path from 'node:path';
import type { DevicePlan, RunPlan } from '../execution/run-plan';

/** `target`: the suite or scenario file that the case came from, absolute; it is shown relative to `cwd` when it lies below. */
export function rerunLine(
  plan: RunPlan,
  device: DevicePlan,
  target: string,
  caseId: string,
  cwd: string = process.cwd(),
): string {
  const words = ['npx', 'vfio-conformance', 'run', shownPath(target, cwd), '--device', device.device];
  if (device.destination !== undefined) words.push('--destination', device.destination);
  if (device.profile !== undefined) words.push('--profile', shownPath(device.profile, cwd));
  if (device.host !== 'local') words.push('--host', device.host);
  if (plan.strict) words.push('--strict');
  if (plan.grade !== 'kit') words.push('--grade', plan.grade);
  if (plan.seed !== DEFAULT_SEED) words.push('--seed', String(plan.seed));
  for (const permission of plan.allow) words.push('--allow', permission);
  words.push('--case', caseId);
  return words.map(shellWord).join(' ');
}

const DEFAULT_SEED = 1;

function shownPath(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}

/** Quoted for a POSIX shell where it needs to be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
