/**
 * The few system calls that the lab's self-check needs, on koffi alone: it must not lean on the kit it checks the ground for.
 * Numbers are those of <linux/vfio.h>: _IO(';', 100 + n).
 */
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const cOpen = libc.func('int open(const char *path, int flags, unsigned int mode)');
const cIoctlPointer = libc.func('int ioctl(int fd, unsigned long request, void *argument)');
const cIoctlNumber = libc.func('int ioctl(int fd, unsigned long request, unsigned long argument)');
const cPread = libc.func('intptr_t pread(int fd, void *buffer, size_t count, intptr_t offset)');
const cPwrite = libc.func('intptr_t pwrite(int fd, const void *buffer, size_t count, intptr_t offset)');

const oRdwrCloexec = 0o2000002;
const io = (number: number): number => (0x3b << 8) | (100 + number);

export const request = {
  getApiVersion: io(0),
  checkExtension: io(1),
  setIommu: io(2),
  groupGetStatus: io(3),
  groupSetContainer: io(4),
  groupGetDeviceFd: io(6),
  deviceGetInfo: io(7),
  deviceGetRegionInfo: io(8),
  iommuMapDma: io(13),
  iommuUnmapDma: io(14),
  iommuDirtyPages: io(17),
} as const;

/** A call of the kernel that failed where the self-check needs it to succeed. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

function checked(result: number | bigint, what: string): number {
  const value = Number(result);
  if (value >= 0) return value;
  const errno = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, number]) => number === errno)?.[0] ?? String(errno);
  throw new CallFailed(`${what}: ${name}`);
}

export function open(path: string): number {
  return checked(cOpen(path, oRdwrCloexec, 0), `open ${path}`);
}

export function ioctl(fd: number, number: number, argument: Buffer | number, what: string): number {
  return checked(
    typeof argument === 'number' ? cIoctlNumber(fd, number, argument) : cIoctlPointer(fd, number, argument),
    what,
  );
}

export function pread(fd: number, length: number, offset: bigint, what: string): Buffer {
  const into = Buffer.alloc(length);
  if (checked(cPread(fd, into, length, offset), what) !== length) throw new CallFailed(`${what}: short read`);
  return into;
}

export function pwrite(fd: number, from: Buffer, offset: bigint, what: string): void {
  if (checked(cPwrite(fd, from, from.length, offset), what) !== from.length)
    throw new CallFailed(`${what}: short write`);
}

/** Zeroed memory that starts at a page's beginning, with the address that the kernel is given. */
export function pageAligned(length: number, pageSize: number): { readonly bytes: Buffer; readonly address: bigint } {
  const raw = Buffer.alloc(length + pageSize);
  const start = koffi.address(raw);
  const skip = Number((BigInt(pageSize) - (start % BigInt(pageSize))) % BigInt(pageSize));
  return { bytes: raw.subarray(skip, skip + length), address: start + BigInt(skip) };
}

export function koffiVersion(): string {
  return koffi.version;
}
