/** Files that appear whole or not at all, whatever happens in between: a crash, a full disk, a power cut. */
import fs from 'node:fs';
import path from 'node:path';

/** Writes `file` under another name, sees it to the disk, and gives it its name. Throws what the file system says. */
export function writeWholeFile(file: string, text: string | Uint8Array): void {
  const half = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = fs.openSync(half, 'w');
    try {
      fs.writeFileSync(descriptor, text);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(half, file);
  } catch (error) {
    fs.rmSync(half, { force: true });
    throw error;
  }
  syncFolder(path.dirname(file));
}

/** The new name is on the disk only when the folder is; file systems that cannot do this need not. */
function syncFolder(folder: string): void {
  try {
    const descriptor = fs.openSync(folder, 'r');
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    // Nothing to be done about it, and the file itself is whole.
  }
}
