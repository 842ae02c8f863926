/** `run --keep N`: removes older runs, so that nights do not fill the disk. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { PLAN_FILE, RUN_FILE } from '../../execution/run-plan';

/** A run whose folder has a file of this name stays, however old it is. */
export const KEEP_FILE = 'keep';
/** How `run` names the folders that it chooses itself: time, name of the suite, and a number where that was taken. */
const OWN_NAME = /^(\d{8}-\d{6})-(.+?)(?:-\d+)?$/;

/**
 * Removes all but the newest `count` runs beside `folder` that are of the same suite; `folder` itself is one of them. Only folders that
 * `run` has named, that hold a finished run, no file `keep` and no certificate: those are somebody's evidence. Returns what was removed.
 */
export function removeOldRuns(folder: string, count: number): readonly string[] {
  const own = OWN_NAME.exec(path.basename(folder));
  if (!own) return [];
  const results = path.dirname(folder);
  const targets = targetsOf(folder);
  if (targets === undefined) return [];
  const alike = readdirSync(results)
    .filter((name) => OWN_NAME.exec(name)?.[2] === own[2] && targetsOf(path.join(results, name)) === targets)
    .sort();
  const old = alike
    .slice(0, Math.max(0, alike.length - count))
    .map((name) => path.join(results, name))
    .filter((one) => one !== folder && isDisposable(one));
  for (const one of old) rmSync(one, { recursive: true, force: true });
  return old;
}

/** Two suites may have the same name in different places. Undefined where there is no run. */
function targetsOf(folder: string): string | undefined {
  try {
    const { targets } = JSON.parse(readFileSync(path.join(folder, PLAN_FILE), 'utf8')) as { targets?: unknown };
    return JSON.stringify(targets ?? null);
  } catch {
    return undefined;
  }
}

function isDisposable(folder: string): boolean {
  if ([KEEP_FILE, 'certificate.json'].some((name) => existsSync(path.join(folder, name)))) return false;
  try {
    // A run that was interrupted may still be resumed, and one that goes on has no end yet.
    return (JSON.parse(readFileSync(path.join(folder, RUN_FILE), 'utf8')) as { finished?: unknown }).finished === true;
  } catch {
    return false;
  }
}
