/** Where the lab keeps things: a cache that `clean` may delete, and the results of runs, which it leaves alone. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's root: the nearest folder upwards that holds package.json (this file runs from dist/lab). */
export function projectRoot(from: string = __dirname): string {
  let folder = from;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${from}`);
    folder = parent;
  }
  return folder;
}

export interface LabPaths {
  readonly root: string;
  /** Everything that can be fetched or built again. */
  readonly cache: string;
  /** One folder per run. */
  readonly results: string;
}

export function labPaths(root: string = projectRoot()): LabPaths {
  return { root, cache: join(root, '.lab'), results: join(root, 'results', 'lab') };
}
