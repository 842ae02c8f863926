/**
 * What lies in the cache is used again only if it is whole. An interrupted run leaves nothing half done, but a full disk, a crash of the
 * machine or a curious user may: each finished folder has a list of its files with their sizes beside it.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Progress } from './progress';

function sealOf(folder: string): string {
  return `${folder}.files.json`;
}

function sizesIn(folder: string): Record<string, number> {
  const sizes: Record<string, number> = {};
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) pending.push(path);
      else if (entry.isFile()) sizes[relative(folder, path)] = lstatSync(path).size;
    }
  }
  return sizes;
}

/** The folder is finished: moves it from `partial` to its name, with the list of its files. */
export function finish(partial: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(`${partial}.files.json`, JSON.stringify(sizesIn(partial)));
  renameSync(`${partial}.files.json`, sealOf(folder));
  renameSync(partial, folder);
}

/** Removes a finished folder and its list. */
export function discard(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  rmSync(sealOf(folder), { force: true });
}

/** Whether the folder is there and as it was finished. One that is damaged is removed, and the reason is told. */
export function isWhole(folder: string, progress?: Progress): boolean {
  if (!existsSync(folder)) return false;
  const damage = damageOf(folder);
  if (damage === undefined) return true;
  progress?.detail(`${folder} is damaged (${damage}): it is made again`);
  discard(folder);
  return false;
}

function damageOf(folder: string): string | undefined {
  let wanted: Record<string, number>;
  try {
    wanted = JSON.parse(readFileSync(sealOf(folder), 'utf8')) as Record<string, number>;
  } catch {
    return 'there is no list of its files';
  }
  for (const [name, size] of Object.entries(wanted)) {
    const found = lstatSync(join(folder, name), { throwIfNoEntry: false })?.size;
    if (found === undefined) return `${name} is missing`;
    if (found !== size) return `${name} has ${found} bytes instead of ${size}`;
  }
  return undefined;
}
