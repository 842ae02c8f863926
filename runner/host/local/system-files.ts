/** Small text files, links and directories of sysfs and procfs, by Node's own file calls. */
import fs from 'node:fs';
import { constants } from 'node:os';
import { HostMisuse, type SyscallResult } from '../vfio-host';

/** Bytes; a longer file is -EFBIG, because a text cut short would be taken for the whole. */
export const TEXT_LIMIT = 64 * 1024;

export function readText(path: string): string | SyscallResult {
  return orErrno(path, () => {
    // O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
    const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
    try {
      const bytes = Buffer.alloc(TEXT_LIMIT + 1);
      let length = 0;
      // Not by its size: sysfs says 4096 and procfs 0 whatever the file holds. Ends, because each turn but the last adds a byte.
      while (length < bytes.length) {
        const count = fs.readSync(fd, bytes, length, bytes.length - length, null);
        if (count === 0) {
          break;
        }
        length += count;
      }
      return length > TEXT_LIMIT ? -constants.errno.EFBIG : bytes.toString('utf8', 0, length);
    } finally {
      fs.closeSync(fd);
    }
  });
}

export function readLink(path: string): string | SyscallResult {
  return orErrno(path, () => fs.readlinkSync(path));
}

export function list(path: string): readonly string[] | SyscallResult {
  return orErrno(path, () => fs.readdirSync(path).sort());
}

/** A path that C would read differently from JavaScript. */
export function checkPath(path: string): void {
  if (path.length === 0 || path.includes('\0')) {
    throw new HostMisuse(`${JSON.stringify(path)} is no path`);
  }
}

function orErrno<T>(path: string, read: () => T): T | SyscallResult {
  checkPath(path);
  try {
    return read();
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (typeof errno !== 'number' || errno >= 0) {
      throw error;
    }
    return errno;
  }
}
