/**
 * LocalHost: the VfioHost port on this machine's own kernel, through koffi and the C library.
 *
 * - It works only on descriptors that it opened itself; any other number is -EBADF, without asking the kernel.
 * - Every descriptor is close-on-exec (the kernel makes those of VFIO_GROUP_GET_DEVICE_FD so).
 * - An open, read, pread, pwrite or poll that was interrupted (EINTR) has done nothing, and is made again: at most RETRIES times, so that a
 *   driver which always answers EINTR is seen. Listeners of a WatchedHost see one call.
 * - An ioctl that was interrupted is not made again: a driver may have done half of a reset or of a mapping, and a second call would
 *   hide that. The caller gets -EINTR and decides. (Node.js installs its signal handlers with SA_RESTART, so that none
 *   of this happens unless a driver itself answers EINTR.)
 * - An access to a mapping that the device refuses is a signal, and ends the process: no MemoryFault is thrown here. That is why
 *   the executor is a process of its own.
 */

import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';
import { type ProgramResult, type ProgramRun, runProgram } from '../program';
import {
  type AccessWidth,
  type HostFacts,
  type HostMemory,
  HostMisuse,
  type Protection,
  type SyscallResult,
  type VfioHost,
} from '../vfio-host';
import { Descriptors, kindOfPath } from './descriptors';
import { embeddedRange } from './embedded-addresses';
import { checkOffset, unsignedLong } from './exact-integers';
import { readFacts } from './facts';
import { type ArgumentRule, IoctlArguments, SLACK } from './ioctl-arguments';
import { type Libc, loadLibc } from './libc';
import { Mappings } from './mappings';
import { Poller } from './poller';
import { checkPath, list, readLink, readText } from './system-files';

const { EBADF, EINTR } = constants.errno;

const O_RDONLY = 0;
const O_RDWR = 2;
/** 02000000 in every ABI that koffi runs on, and so is EFD_CLOEXEC; EFD_NONBLOCK is O_NONBLOCK. */
const O_CLOEXEC = 0o2000000;
const EFD_CLOEXEC = O_CLOEXEC;
const EFD_NONBLOCK = 0o4000;

/** How often an interrupted call is made again. */
export const RETRIES = 16;

/** @throws HostUnavailable where koffi is missing or does not run. */
export function createLocalHost(): LocalHost {
  return new LocalHost(loadLibc());
}

export class LocalHost implements VfioHost {
  readonly facts: HostFacts;
  readonly #libc: Libc;
  readonly #descriptors = new Descriptors();
  readonly #mappings: Mappings;
  readonly #arguments: IoctlArguments;
  readonly #poller: Poller;
  #roomy = new Uint8Array(0);
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4));

  constructor(libc: Libc) {
    this.#libc = libc;
    this.facts = readFacts(libc);
    this.#mappings = new Mappings(libc);
    this.#arguments = new IoctlArguments(this.facts.ioctlEncoding, this.facts.byteOrder);
    this.#poller = new Poller(libc, () => this.now());
  }

  open(path: string, access: 'read-only' | 'read-write'): SyscallResult {
    checkPath(path);
    const flags = (access === 'read-write' ? O_RDWR : O_RDONLY) | O_CLOEXEC;
    const fd = this.#retry(() => this.#libc.open(path, flags));
    if (fd >= 0) {
      this.#descriptors.add(fd, kindOfPath(path));
    }
    return fd;
  }

  close(fd: number): SyscallResult {
    if (!this.#descriptors.remove(fd)) {
      return -EBADF;
    }
    // Never made again: Linux has closed the descriptor even when it answers EINTR.
    return this.#libc.close(fd) < 0 ? -this.#libc.errno() : 0;
  }

  ioctl(fd: number, request: number, argument?: Uint8Array | bigint | number): SyscallResult {
    if (!Number.isInteger(request) || request < 0 || request > 0xffff_ffff) {
      throw new HostMisuse(`${request} is no ioctl number`);
    }
    const kind = this.#descriptors.kind(fd);
    if (kind === undefined) {
      return -EBADF;
    }
    const rule = this.#arguments.rule(kind, request);
    const result =
      typeof argument === 'object'
        ? this.#ioctlOnBuffer(fd, request, argument, rule)
        : this.#libc.ioctlImmediate(fd, request, unsignedLong(argument));
    if (result < 0) {
      return -this.#libc.errno();
    }
    if (rule?.returnsDescriptor === true) {
      this.#descriptors.add(result, rule.name === 'VFIO_GROUP_GET_DEVICE_FD' ? 'device' : 'other');
    }
    return result;
  }

  /** Note that a buffer used again and again is quicker: a new small array is moved out of V8's heap on its first call. */
  pread(fd: number, into: Uint8Array, offset: bigint): SyscallResult {
    if (!this.#descriptors.has(fd)) {
      return -EBADF;
    }
    checkOffset(offset);
    const count = this.#libc.pread(fd, into, into.length, offset);
    return count >= 0 ? count : this.#again('pread', fd, into, offset);
  }

  pwrite(fd: number, from: Uint8Array, offset: bigint): SyscallResult {
    if (!this.#descriptors.has(fd)) {
      return -EBADF;
    }
    checkOffset(offset);
    const count = this.#libc.pwrite(fd, from, from.length, offset);
    return count >= 0 ? count : this.#again('pwrite', fd, from, offset);
  }

  read(fd: number, into: Uint8Array): SyscallResult {
    if (!this.#descriptors.has(fd)) {
      return -EBADF;
    }
    return this.#retry(() => this.#libc.read(fd, into, into.length));
  }

  /** `memory.bytes` is absent unless the mapping is both readable and writable. At most 4 GiB at a time. */
  mmap(fd: number, length: number, offset: bigint, protection: Protection): HostMemory | SyscallResult {
    if (!this.#descriptors.has(fd)) {
      return -EBADF;
    }
    checkOffset(offset);
    return this.#mappings.device(fd, length, offset, protection);
  }

  allocate(length: number): HostMemory | SyscallResult {
    return this.#mappings.anonymous(length);
  }

  /** Bytes lent by `memory.bytes` before cannot be taken back; they are no longer the device's, and read as zeros. */
  munmap(memory: HostMemory): SyscallResult {
    return this.#mappings.munmap(this.#mappings.own(memory));
  }

  load(memory: HostMemory, at: number, width: AccessWidth): bigint {
    return this.#mappings.own(memory).load(at, width);
  }

  store(memory: HostMemory, at: number, width: AccessWidth, value: bigint): void {
    this.#mappings.own(memory).store(at, width, value);
  }

  peek(memory: HostMemory, at: number, into: Uint8Array): void {
    this.#mappings.own(memory).peek(at, into);
  }

  poke(memory: HostMemory, at: number, from: Uint8Array): void {
    this.#mappings.own(memory).poke(at, from);
  }

  eventfd(): SyscallResult {
    const fd = this.#libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
      return -this.#libc.errno();
    }
    this.#descriptors.add(fd, 'other');
    return fd;
  }

  /** A descriptor whose other end is closed (POLLHUP) or in error counts as ready: a read of it would not wait. */
  poll(fds: readonly number[], timeoutMs: number): readonly number[] | SyscallResult {
    return fds.every((fd) => this.#descriptors.has(fd)) ? this.#poller.poll(fds, timeoutMs) : -EBADF;
  }

  now(): number {
    return performance.now();
  }

  sleep(milliseconds: number): void {
    if (!Number.isFinite(milliseconds) || milliseconds < 0) {
      throw new HostMisuse(`cannot sleep for ${milliseconds} ms`);
    }
    Atomics.wait(this.#sleeper, 0, 0, milliseconds);
  }

  readText(path: string): string | SyscallResult {
    return readText(path);
  }

  readLink(path: string): string | SyscallResult {
    return readLink(path);
  }

  list(path: string): readonly string[] | SyscallResult {
    return list(path);
  }

  program(run: ProgramRun): ProgramResult {
    return runProgram(run);
  }

  dispose(): void {
    this.#mappings.unmapAll();
    for (const fd of this.#descriptors.newestFirst()) {
      this.close(fd);
    }
  }

  #ioctlOnBuffer(fd: number, request: number, buffer: Uint8Array, rule: ArgumentRule | undefined): number {
    if (rule === undefined) {
      return this.#ioctlWithSlack(fd, request, buffer);
    }
    this.#arguments.check(rule, buffer);
    const range = embeddedRange(rule, buffer, this.facts.byteOrder);
    if (range !== undefined && !this.#mappings.covers(range.address, range.length)) {
      const where = `0x${range.address.toString(16)} + 0x${range.length.toString(16)}`;
      throw new HostMisuse(`${rule.name}: ${range.field} (${where}) is not inside memory of this host`);
    }
    return this.#libc.ioctl(fd, request, buffer);
  }

  /** Nobody knows how much a foreign ioctl writes: it gets a copy with room behind it, so that it cannot reach the kit's own memory. */
  #ioctlWithSlack(fd: number, request: number, buffer: Uint8Array): number {
    if (this.#roomy.length < buffer.length + SLACK) {
      this.#roomy = new Uint8Array(buffer.length + SLACK);
    }
    this.#roomy.set(buffer);
    const result = this.#libc.ioctl(fd, request, this.#roomy);
    // Copying makes no system call, so that errno still stands.
    buffer.set(this.#roomy.subarray(0, buffer.length));
    return result;
  }

  #again(call: 'pread' | 'pwrite', fd: number, bytes: Uint8Array, offset: bigint): SyscallResult {
    let count = -1;
    for (let left = RETRIES; count < 0; left -= 1) {
      const errno = this.#libc.errno();
      if (errno !== EINTR || left === 0) {
        return -errno;
      }
      count = this.#libc[call](fd, bytes, bytes.length, offset);
    }
    return count;
  }

  #retry(call: () => number): SyscallResult {
    let result = call();
    for (let left = RETRIES; result < 0; left -= 1) {
      const errno = this.#libc.errno();
      if (errno !== EINTR || left === 0) {
        return -errno;
      }
      result = call();
    }
    return result;
  }
}
