/** sysfs and procfs below a root: `/` on a machine, a made-up tree in tests. Whoever binds a device goes through this. */
import fs from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import type { SystemFiles } from '../holders';

/** Bytes: mountinfo of a machine with very many mounts fits. */
const LARGEST_TEXT = 16 * 1024 * 1024;

export class SystemTree implements SystemFiles {
  private readonly root: string;

  constructor(root = '/') {
    this.root = fs.realpathSync(root);
  }

  readText(name: string): string | number {
    return orErrno(() => {
      const text = fs.readFileSync(this.inside(name), 'utf8');
      return text.length > LARGEST_TEXT ? -constants.errno.EFBIG : text;
    });
  }

  readLink(name: string): string | number {
    return orErrno(() => fs.readlinkSync(this.inside(name)));
  }

  list(name: string): readonly string[] | number {
    return orErrno(() => fs.readdirSync(this.inside(name)).sort());
  }

  /** Where it lies once every link is followed, below the root; undefined when it is not there. */
  realPath(name: string): string | undefined {
    try {
      const real = fs.realpathSync(this.inside(name));
      const prefix = this.root === '/' ? '' : this.root;
      return real.startsWith(prefix) ? real.slice(prefix.length) : undefined;
    } catch {
      return undefined;
    }
  }

  exists(name: string): boolean {
    return this.realPath(name) !== undefined;
  }

  /** Writes to a file that is there, in one write(2), as sysfs wants it. @throws an Error of fs */
  write(name: string, text: string): void {
    const descriptor = fs.openSync(this.inside(name), fs.constants.O_WRONLY);
    try {
      fs.writeSync(descriptor, text);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  protected inside(name: string): string {
    return path.join(this.root, name);
  }
}

function orErrno<T>(read: () => T): T | number {
  try {
    return read();
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (typeof errno !== 'number' || errno >= 0) throw error;
    return errno;
  }
}
