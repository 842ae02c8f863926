/** What LocalHost says of the machine it runs on. */
import os from 'node:os';
import { HostUnavailable } from '../host-unavailable';
import type { HostFacts } from '../vfio-host';
import type { Libc } from './libc';

/** sysconf's name for the page size, the same in glibc and musl. */
const _SC_PAGESIZE = 30;

export function readFacts(libc: Libc): HostFacts {
  const architecture = os.machine();
  const pageSize = libc.sysconf(_SC_PAGESIZE);
  if (!Number.isInteger(pageSize) || pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) {
    throw new HostUnavailable(
      `sysconf(_SC_PAGESIZE) answers ${pageSize}, which is no page size`,
      'Report this C library together with the output of `ldd --version`.',
    );
  }
  return Object.freeze({
    kind: 'local',
    name: os.hostname(),
    architecture,
    kernelRelease: os.release(),
    byteOrder: os.endianness() === 'LE' ? 'little' : 'big',
    pageSize,
    // libc.ts refuses a 32-bit process.
    wordBits: 64,
    ioctlEncoding: ioctlEncoding(architecture),
  });
}

/** By `uname -m`: these set a bit of their own where an ioctl carries no data. */
export function ioctlEncoding(architecture: string): HostFacts['ioctlEncoding'] {
  return /^(ppc|powerpc|mips|sparc|alpha)/.test(architecture) ? 'powerpc' : 'generic';
}
