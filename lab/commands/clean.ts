/** `lab clean`: deletes the cache. Results of runs stay. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../session';

export async function clean(lab: Lab): Promise<number> {
  const { cache } = lab.paths;
  // The lock is held while this runs, so its file stays.
  for (const name of readdirSync(cache).filter((entry) => !entry.startsWith('lock'))) {
    rmSync(join(cache, name), { recursive: true, force: true });
  }
  lab.progress.step(`${cache} is empty`);
  return 0;
}
