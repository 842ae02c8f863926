/** What processes of the kit that were killed left in the folders for temporary files: recordings and spools that nobody takes away any more. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The process that made the file stands in its name. */
const NAME = /^vfio-conformance-(?:flight|spool)-(\d+)-/;

/** Takes away those whose process is dead; the names of what was taken. Another user's files stay, for they cannot be removed. */
export function sweepLeftovers(folders: readonly string[] = ['/dev/shm', os.tmpdir()]): readonly string[] {
  return folders.flatMap((folder) => namesIn(folder).flatMap((name) => sweep(path.join(folder, name), name)));
}

function sweep(file: string, name: string): string[] {
  const pid = NAME.exec(name)?.[1];
  if (pid === undefined || !fs.existsSync('/proc/self') || isRunning(pid)) return [];
  try {
    fs.rmSync(file, { force: true });
    return [file];
  } catch {
    return [];
  }
}

/** Not so a process that has ended and waits for its parent to hear of it. */
function isRunning(pid: string): boolean {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
