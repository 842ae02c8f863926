/** Which processes have a file open, as far as /proc lets this user see. */
import type { VfioHost } from './vfio-host';

/** What can be read of a machine without touching a device. */
export type SystemFiles = Pick<VfioHost, 'list' | 'readLink' | 'readText'>;

export interface FileHolder {
  readonly pid: number;
  /** The command's name; qemu-system-x86 for a virtual machine. */
  readonly name: string;
}

/** Processes and descriptors looked at, so that a machine with very many does not keep the kit. */
const MOST_LOOKS = 200_000;

/** Those that have `path` open. Another user's descriptors are not shown to everybody: an empty list is no proof. */
export function holdersOf(files: SystemFiles, path: string): readonly FileHolder[] {
  const found: FileHolder[] = [];
  let looks = 0;
  for (const process of names(files, '/proc')) {
    if (!/^\d{1,10}$/.test(process)) continue;
    for (const descriptor of names(files, `/proc/${process}/fd`)) {
      looks += 1;
      if (looks > MOST_LOOKS) return found;
      if (files.readLink(`/proc/${process}/fd/${descriptor}`) !== path) continue;
      const name = files.readText(`/proc/${process}/comm`);
      found.push({ pid: Number(process), name: typeof name === 'string' ? name.trim() : '?' });
      break;
    }
  }
  return found;
}

export function sayHolders(holders: readonly FileHolder[]): string {
  return holders.map(({ pid, name }) => `${name} (process ${pid})`).join(', ');
}

function names(files: SystemFiles, folder: string): readonly string[] {
  const answer = files.list(folder);
  return typeof answer === 'number' ? [] : answer;
}
