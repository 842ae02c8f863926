/** What a process holds, by /proc. */
import fs from 'node:fs';

export interface Held {
  readonly descriptors: number;
  readonly mappings: number;
  /** Bytes in memory. */
  readonly resident: number;
}

/** Undefined for a process that is not there. */
export function heldBy(pid: number | 'self'): Held | undefined {
  try {
    const lines = fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
    const pages = Number(fs.readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    // The process's own memory is cut differently from one minute to the next; files, devices and shared memory are what can leak.
    const named = lines.filter((line) => /\s(\/|anon_inode)/.test(line));
    return { descriptors: fs.readdirSync(`/proc/${pid}/fd`).length, mappings: named.length, resident: pages * 4096 };
  } catch {
    return undefined;
  }
}

export function childrenOf(pid: number): readonly number[] {
  try {
    return fs
      .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter((word) => word !== '')
      .map(Number);
  } catch {
    return [];
  }
}
