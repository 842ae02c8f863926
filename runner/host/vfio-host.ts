/**
 * VfioHost: the synchronous system-call port through which everything in the kit reaches a device.
 *
 * It knows files, ioctls and memory; it knows nothing of migration. Backends: `local` (koffi on libc), `reference`
 * (a simulated kernel in process), later `agent` (another machine) and a vfio-user socket.
 *
 * Calls that the kernel answers return the kernel's own convention: a value >= 0, or a negative errno (`-EINVAL`).
 * A backend throws only for what is not an answer of the kernel: `MemoryFault`, `DeviceHang`, `HostMisuse`, `HostLost`.
 */
import type { ByteOrder } from '../abi/byte-order';
import type { ProgramResult, ProgramRun } from './program';

/** A count, a descriptor or 0 when the call succeeded; `-errno` when it failed. Never NaN, never a fraction. */
export type SyscallResult = number;

/** Width of one access to memory or to a trapped field, in bytes. */
export type AccessWidth = 1 | 2 | 4 | 8;

/** What the kit must know of the machine that holds the device. */
export interface HostFacts {
  readonly kind: 'local' | 'agent' | 'reference';
  /** Shown in reports, e.g. the host name or `reference`. */
  readonly name: string;
  /** `uname -m`: x86_64, s390x, aarch64, ppc64le. */
  readonly architecture: string;
  /** `uname -r`. */
  readonly kernelRelease: string;
  readonly byteOrder: ByteOrder;
  /** Bytes. */
  readonly pageSize: number;
  readonly wordBits: 32 | 64;
  /** powerpc, mips and sparc number ioctls differently from everyone else (see abi/ioctl-number.ts). */
  readonly ioctlEncoding: 'generic' | 'powerpc';
  /** Set where no device answers but a recording: when it was made, and with which kit. */
  readonly replayed?: string;
}

/** Memory that a system call or a device can reach: anonymous memory of `allocate`, or a mapped part of a region. */
export interface HostMemory {
  readonly kind: 'anonymous' | 'device';
  /** The address in the process that makes the system calls: what goes into `vaddr` or `vfio_bitmap.data`. */
  readonly address: bigint;
  /** Bytes. */
  readonly length: number;
  /**
   * The memory itself where this process can see it (local, reference), for bulk work without a copy; absent on an agent.
   * Never use it for accesses of an exact width: that is what load and store are for.
   */
  readonly bytes?: Uint8Array;
}

export interface Protection {
  readonly read: boolean;
  readonly write: boolean;
}

export interface VfioHost {
  readonly facts: HostFacts;

  open(path: string, access: 'read-only' | 'read-write'): SyscallResult;
  close(fd: number): SyscallResult;

  /**
   * A Uint8Array is passed by address and is both argument and answer; a bigint or number is passed as it is.
   * When the structure starts with `argsz` (every VFIO structure ioctl but the file-descriptor ones), argsz must not be larger than the
   * buffer, else `HostMisuse` is thrown before the call.
   */
  ioctl(fd: number, request: number, argument?: Uint8Array | bigint | number): SyscallResult;

  /** Reads `into.length` bytes at `offset`: one system call, whose width a trapping driver sees. */
  pread(fd: number, into: Uint8Array, offset: bigint): SyscallResult;
  pwrite(fd: number, from: Uint8Array, offset: bigint): SyscallResult;
  /** Plain read(2): eventfds. */
  read(fd: number, into: Uint8Array): SyscallResult;

  /** Maps `length` bytes of a device region (MAP_SHARED). A negative number is -errno. */
  mmap(fd: number, length: number, offset: bigint, protection: Protection): HostMemory | SyscallResult;
  /** Zeroed, page-aligned anonymous memory that a device may be given. A negative number is -errno. */
  allocate(length: number): HostMemory | SyscallResult;
  /** Ends a mapping or an allocation; using the memory afterwards throws `HostMisuse`. */
  munmap(memory: HostMemory): SyscallResult;

  /** One load of exactly `width` bytes at `at` bytes from the start, in the host's byte order. `at` must be a multiple of `width` and inside. */
  load(memory: HostMemory, at: number, width: AccessWidth): bigint;
  store(memory: HostMemory, at: number, width: AccessWidth, value: bigint): void;
  /** Bulk copies; the order and width of their accesses are unspecified. */
  peek(memory: HostMemory, at: number, into: Uint8Array): void;
  poke(memory: HostMemory, at: number, from: Uint8Array): void;

  /** A non-blocking eventfd (EFD_CLOEXEC | EFD_NONBLOCK) with count 0. */
  eventfd(): SyscallResult;
  /** poll(2) for POLLIN: the descriptors that are ready, [] when `timeoutMs` passed; a negative number is -errno. */
  poll(fds: readonly number[], timeoutMs: number): readonly number[] | SyscallResult;

  /** Monotonic time in milliseconds, with a fraction. The reference's clock is virtual: `sleep` moves it and costs nothing. */
  now(): number;
  sleep(milliseconds: number): void;

  /** The text of a small file (sysfs, procfs), at most 64 KiB. A number is -errno. */
  readText(path: string): string | SyscallResult;
  readLink(path: string): string | SyscallResult;
  /** Names in a directory, sorted. A number is -errno. */
  list(path: string): readonly string[] | SyscallResult;

  /**
   * Runs a program of the user's on the machine of the kit, whichever machine has the device, and waits for it (host/program.ts).
   * It stands here so that a recording has what came of it, and a replay runs nothing.
   */
  program(run: ProgramRun): ProgramResult;

  /** Unmaps and closes everything that was opened through this host and is still open. Safe to call twice. */
  dispose(): void;
}

/** A load, store or copy that the memory behind a mapping refused (SIGBUS, SIGSEGV, SIGILL), where the backend can catch it. */
export class MemoryFault extends Error {
  override readonly name = 'MemoryFault';
  constructor(
    readonly signal: 'SIGBUS' | 'SIGSEGV' | 'SIGILL',
    readonly at: number,
    readonly width: number,
  ) {
    super(`${signal} at byte ${at} of the mapping (${width} bytes wide)`);
  }
}

/** A call that never returns, on a host with a virtual clock, which cannot really wait for ever. */
export class DeviceHang extends Error {
  override readonly name = 'DeviceHang';
  constructor(readonly call: string) {
    super(`${call} does not return`);
  }
}

/** The kit called the port wrongly (a buffer shorter than the count, memory already unmapped): a bug in the kit, never the device's fault. */
export class HostMisuse extends Error {
  override readonly name = 'HostMisuse';
}

/** The channel to the host is gone (an agent's connection). */
export class HostLost extends Error {
  override readonly name = 'HostLost';
}
