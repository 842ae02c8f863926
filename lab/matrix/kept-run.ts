/**
 * The folder of a `full` run. It is named after everything that its rows depend on, so that a second call finds the rows of the first one
 * and goes on behind them, and a change of the kit or the module begins anew.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { LabPaths } from '../paths';
import { readRows } from './guest-run';
import type { MatrixRow } from './request';
import { trialKey } from './trials';

/** What the guests run, and what they run it on. */
const inputs = ['dist/runner', 'dist/lab/guest', 'dist/lab/matrix', 'scenarios', 'suites', 'devices', 'lab/driver'];
/** What building leaves beside the sources. */
const sources = /\.(js|yaml|c|h|def)$|\/Kbuild$/;

export function contentHash(root: string): string {
  const hash = createHash('sha256');
  for (const folder of inputs) {
    const names = readdirSync(join(root, folder), { recursive: true }) as string[];
    for (const name of names.sort()) {
      const file = join(folder, name);
      if (!sources.test(file)) continue;
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update('\0');
    }
  }
  return hash.digest('hex').slice(0, 12);
}

/** The run's folder, made if need be, with `latest` pointing to it. */
export function keptRunFolder(paths: LabPaths): string {
  const name = `full-${contentHash(paths.root)}`;
  const folder = join(paths.results, name);
  mkdirSync(folder, { recursive: true });
  const latest = join(paths.results, 'latest');
  rmSync(latest, { force: true });
  symlinkSync(name, latest);
  return folder;
}

/** One folder for each guest of each call. */
export function guestFolders(run: string, kernel: string): readonly string[] {
  return readdirSync(run)
    .filter((name) => name.startsWith(`${kernel}-guest-`))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(run, name));
}

/** New folders for the guests of this call. */
export function newGuestFolders(run: string, kernel: string, guests: number): readonly string[] {
  const before = guestFolders(run, kernel).length;
  return Array.from({ length: guests }, (_, index) => {
    const folder = join(run, `${kernel}-guest-${before + index + 1}`);
    mkdirSync(folder);
    return folder;
  });
}

/** The rows of all calls, the newest of each trial. One in which the kit or the machine broke a case says nothing: it is made again. */
export function keptRows(folders: readonly string[]): readonly MatrixRow[] {
  const rows = new Map(folders.flatMap(readRows).map((row) => [trialKey(row), row]));
  return [...rows.values()];
}

export function isDone(row: MatrixRow): boolean {
  return row.cases.broken === 0;
}
