/** What of a run is still there after its end: processes, by a word in their environment, and files. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Processes with this text in their environment, this one left out. */
export function processesWith(word: string): readonly number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        // A process that has ended and waits to be counted has no environment any more.
        return fs.readFileSync(`/proc/${name}/environ`, 'utf8').includes(word);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Waits until there is none of them, or until the time is over; what is left then. */
export async function waitUntilGone(word: string, ms: number): Promise<readonly number[]> {
  const end = Date.now() + ms;
  for (;;) {
    const left = processesWith(word);
    if (left.length === 0 || Date.now() > end) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Temporary files of the kit's own, on this whole machine: recordings, spools, locks, journals, reports in the making. */
export function temporaryFiles(folders: readonly string[] = ['/dev/shm', os.tmpdir(), '/run/lock']): readonly string[] {
  return folders.flatMap((folder) => {
    try {
      return fs
        .readdirSync(folder)
        .filter((name) => name.startsWith('vfio-conformance-'))
        .map((name) => path.join(folder, name));
    } catch {
      return [];
    }
  });
}
