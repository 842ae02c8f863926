/** One run per device: a lock file that names the process which holds it, so that what a dead one left behind is not in the way. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface DeviceLock {
  release(): void;
}

export type Locked =
  | {
      readonly ok: true;
      readonly lock: DeviceLock;
      /** The process that had it and died without giving it back: what it had opened was closed by nobody but the kernel. */
      readonly orphanOf?: number;
    }
  | { readonly ok: false; readonly holder: number };

interface Holder {
  readonly pid: number;
  /** Of the process, in the kernel's ticks since boot: a pid is used again, a pid with its start time is not. */
  readonly started: string;
}

/** Where every user of this machine looks; /run/lock is there on Linux distributions, and writable by all. */
const FOLDERS = ['/run/lock', os.tmpdir()];

/** Takes the lock of a device, by its name as the kernel knows it. Not waiting: two runs on one device are a mistake. */
export function lockDevice(name: string, folders: readonly string[] = FOLDERS): Locked {
  const folder = folders.find((candidate) => isWritable(candidate)) ?? os.tmpdir();
  const file = path.join(folder, `vfio-conformance-${name.replaceAll(/[^\w.:-]+/g, '-')}.lock`);
  const mine = `${JSON.stringify({ pid: process.pid, started: startTime(process.pid) ?? '' })}\n`;
  let orphan: number | undefined;
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      // The link makes the file appear whole: nobody can read it half written.
      const own = `${file}.${process.pid}`;
      // Never through a link that another user of the machine has put there.
      fs.rmSync(own, { force: true });
      fs.writeFileSync(own, mine, { flag: 'wx' });
      try {
        fs.linkSync(own, file);
      } finally {
        fs.rmSync(own, { force: true });
      }
      const lock = { release: () => release(file, mine) };
      return { ok: true, lock, ...(orphan === undefined ? {} : { orphanOf: orphan }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder && isAlive(holder)) return { ok: false, holder: holder.pid };
    if (takeAway(file, holder)) orphan = holder?.pid ?? 0;
  }
  return { ok: false, holder: readHolder(file)?.pid ?? 0 };
}

/** Takes a dead holder's file away, and not the one that somebody faster has put in its place. */
function takeAway(file: string, dead: Holder | undefined): boolean {
  const aside = `${file}.${process.pid}.stale`;
  try {
    fs.renameSync(file, aside);
  } catch {
    return false;
  }
  const found = readHolder(aside);
  const same = found?.pid === dead?.pid && found?.started === dead?.started;
  try {
    if (!same) fs.linkSync(aside, file);
  } catch {
    // Two others were faster still: theirs is as good.
  } finally {
    fs.rmSync(aside, { force: true });
  }
  return same;
}

function release(file: string, mine: string): void {
  try {
    if (fs.readFileSync(file, 'utf8') === mine) fs.rmSync(file, { force: true });
  } catch {
    // Gone already: somebody found it stale, or the folder was cleaned.
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Holder>;
    return typeof holder.pid === 'number' && typeof holder.started === 'string'
      ? { pid: holder.pid, started: holder.started }
      : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  const now = startTime(pid);
  return now !== undefined && now === started;
}

/** Field 22 of /proc/PID/stat, behind the command's name in brackets. */
function startTime(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isWritable(folder: string): boolean {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
