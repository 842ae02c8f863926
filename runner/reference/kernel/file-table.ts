import type { OpenFile } from './open-file';

const FIRST_DESCRIPTOR = 3;

/** The process's descriptors: the lowest free number is given out, as POSIX has it. */
export class FileTable {
  private readonly files = new Map<number, OpenFile>();

  install(file: OpenFile): number {
    let fd = FIRST_DESCRIPTOR;
    while (this.files.has(fd)) fd++;
    this.files.set(fd, file);
    return fd;
  }

  get(fd: number): OpenFile | undefined {
    return this.files.get(fd);
  }

  close(fd: number): boolean {
    const file = this.files.get(fd);
    if (file === undefined) return false;
    this.files.delete(fd);
    file.release();
    return true;
  }

  /** Closes everything, the youngest first, as an exiting process that tidied up would. */
  closeAll(): void {
    for (const fd of [...this.files.keys()].sort((a, b) => b - a)) this.close(fd);
  }
}
