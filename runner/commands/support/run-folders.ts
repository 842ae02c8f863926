/** The folders in which runs leave what they saw. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PLAN_FILE } from '../../execution/run-plan';
import { UsageError } from './exit';
import { shownPath } from './shown-path';

/** The run below `results` that began last; undefined when there is none. */
export function latestRun(results: string): string | undefined {
  let latest: { folder: string; startedAt: string } | undefined;
  for (const name of namesIn(results)) {
    const folder = path.join(results, name);
    const startedAt = startOf(path.join(folder, PLAN_FILE));
    if (startedAt !== undefined && (latest === undefined || startedAt > latest.startedAt))
      latest = { folder, startedAt };
  }
  return latest?.folder;
}

/** The run that the command line means: its folder, or the newest below results/. @throws UsageError */
export function chosenRun(named: string | undefined, latest: boolean): string {
  if ((named === undefined) !== latest)
    throw new UsageError(
      'say which run: its folder, or --latest',
      'A run names its folder at its end; they lie below results/.',
    );
  if (named === undefined) {
    const results = path.resolve('results');
    const found = latestRun(results);
    if (found === undefined)
      throw new UsageError(`there is no run in ${shownPath(results)}`, '`vfio-conformance run` makes one.');
    return found;
  }
  const folder = path.resolve(named);
  if (!existsSync(folder)) throw new UsageError(`there is no folder ${shownPath(folder)}`);
  if (!existsSync(path.join(folder, PLAN_FILE)))
    throw new UsageError(`${shownPath(folder)} is not the folder of a run: there is no ${PLAN_FILE} in it`);
  return folder;
}

/** `results/20260102-030405-certify`, with a number behind it where that is taken. */
export function freshFolder(results: string, startedAt: Date, name: string): string {
  const stamp = startedAt.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const wanted = path.join(results, `${stamp}-${name}`);
  for (let number = 1; ; number += 1) {
    const folder = number === 1 ? wanted : `${wanted}-${number}`;
    if (!existsSync(folder)) return folder;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function startOf(planFile: string): string | undefined {
  try {
    const { startedAt } = JSON.parse(readFileSync(planFile, 'utf8')) as { startedAt?: unknown };
    return typeof startedAt === 'string' ? startedAt : undefined;
  } catch {
    return undefined;
  }
}
