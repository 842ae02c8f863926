/**
 * The C library through koffi: one binding for each call that LocalHost makes, and nothing else.
 *
 * - Every function is bound with fixed arguments. `open` and `ioctl` are variadic in C, but on the architectures that koffi
 *   supports under Linux a variadic integer or pointer is passed just as a named one is, and a fixed binding is faster.
 * - All types are anonymous: koffi's named types are global to the process and would collide between two Jest sandboxes.
 * - koffi's parser does not know `ssize_t` and `off_t`; `intptr_t` and `int64_t` are the same on a 64-bit Linux.
 * - A pointer argument takes a typed array (by address, without a copy), an address as bigint, or null. koffi checks no length:
 *   callers must.
 */
import { HostUnavailable } from '../host-unavailable';

export type Address = bigint;
export type Pointer = Uint8Array | Address | null;

export interface Libc {
  open(path: string, flags: number): number;
  close(fd: number): number;
  /** The argument by address. */
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  /** The argument as it is. */
  ioctlImmediate(fd: number, request: number, argument: number | bigint): number;
  pread(fd: number, into: Uint8Array, count: number, offset: bigint): number;
  pwrite(fd: number, from: Uint8Array, count: number, offset: bigint): number;
  read(fd: number, into: Uint8Array, count: number): number;
  /** Returns MAP_FAILED on error. */
  mmap(at: Address | null, length: number, protection: number, flags: number, fd: number, offset: bigint): Address;
  munmap(at: Address, length: number): number;
  madvise(at: Address, length: number, advice: number): number;
  eventfd(initial: number, flags: number): number;
  poll(fds: Uint8Array, count: number, timeoutMs: number): number;
  sysconf(name: number): number;
  /** The errno of the call just made; the next call through koffi may change it. */
  errno(): number;
  /** The memory at an address as an ArrayBuffer, without a copy. Aborts the process when `length` is above MAX_VIEW_LENGTH. */
  view(at: Address, length: number): ArrayBuffer;
}

export const MAP_FAILED: Address = 2n ** 64n - 1n;

/** V8 on Node 20 refuses larger array buffers, and koffi turns that refusal into an abort. */
export const MAX_VIEW_LENGTH = 2 ** 32;

let loaded: Libc | undefined;

/** @throws HostUnavailable where koffi is missing or does not run. */
export function loadLibc(): Libc {
  loaded ??= bind(requireKoffi());
  return loaded;
}

type Koffi = typeof import('koffi');

/** @throws HostUnavailable where koffi is missing or does not run. */
export function requireKoffi(): Koffi {
  if (process.platform !== 'linux') {
    throw new HostUnavailable(
      `VFIO exists on Linux only, and this is ${process.platform}`,
      'Use the reference device, or reach a Linux machine with --host.',
    );
  }
  try {
    return require('koffi') as Koffi;
  } catch (cause) {
    throw unavailable(cause);
  }
}

function unavailable(cause: unknown): HostUnavailable {
  const options = { cause };
  const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  const missing = (cause as NodeJS.ErrnoException | undefined)?.code === 'MODULE_NOT_FOUND' && /'koffi'/.test(message);
  if (missing) {
    return new HostUnavailable(
      'The package koffi, which makes the system calls, is not installed',
      'Run `npm ci` in the directory that holds vfio-conformance.',
      options,
    );
  }
  const prebuilt = ['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'];
  if (prebuilt.includes(process.arch) && !(process.arch === 'ppc64' && isBigEndian())) {
    return new HostUnavailable(
      `koffi, which makes the system calls, does not load (${message})`,
      `Its binary for linux-${process.arch} comes in an optional package: run \`npm ci\` again without --omit=optional.`,
      options,
    );
  }
  return new HostUnavailable(
    `koffi, which makes the system calls, has no build for linux-${process.arch}`,
    'Run the kit on another machine, for instance x86-64, and reach this one with --host ssh:HOST.',
    options,
  );
}

function isBigEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;
}

function bind(koffi: Koffi): Libc {
  if (koffi.sizeof('void *') !== 8) {
    throw new HostUnavailable(
      `This is a 32-bit Node.js (${process.arch}), whose offsets and addresses are too short for VFIO`,
      'Install a 64-bit Node.js.',
    );
  }
  // null is the process itself, in which Node.js has the C library loaded, whichever it is (glibc, musl).
  const library = koffi.load(null);
  const declare = <F>(declaration: string): F => library.func(declaration) as unknown as F;
  return {
    open: declare('int open(const char *, int)'),
    close: declare('int close(int)'),
    ioctl: declare('int ioctl(int, unsigned long, void *)'),
    ioctlImmediate: declare('int ioctl(int, unsigned long, unsigned long)'),
    pread: declare('intptr_t pread(int, void *, size_t, int64_t)'),
    pwrite: declare('intptr_t pwrite(int, const void *, size_t, int64_t)'),
    read: declare('intptr_t read(int, void *, size_t)'),
    mmap: declare('void *mmap(void *, size_t, int, int, int, int64_t)'),
    munmap: declare('int munmap(void *, size_t)'),
    madvise: declare('int madvise(void *, size_t, int)'),
    eventfd: declare('int eventfd(unsigned int, int)'),
    poll: declare('int poll(void *, unsigned long, int)'),
    sysconf: declare('long sysconf(int)'),
    errno: () => koffi.errno(),
    view: (at, length) => koffi.view(at, length),
  };
}
