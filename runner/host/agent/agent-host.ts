/**
 * AgentHost: the VfioHost port on another machine, whose agent makes the system calls. It answers what LocalHost answers there, with these
 * differences: memory has no `bytes`; a load or store that the device refuses is a MemoryFault; a call longer than a frame
 * (64 MiB) is a short one; and any call may throw HostLost, after which all of them do.
 */

import { performance } from 'node:perf_hooks';
import { ERRNO } from '../../abi';
import { Descriptors, kindOfPath } from '../local/descriptors';
import { embeddedRange } from '../local/embedded-addresses';
import { checkOffset, unsignedLong } from '../local/exact-integers';
import { IoctlArguments } from '../local/ioctl-arguments';
import { checkPath } from '../local/system-files';
import { type ProgramResult, type ProgramRun, runProgram } from '../program';
import {
  type AccessWidth,
  type HostFacts,
  HostLost,
  type HostMemory,
  HostMisuse,
  MemoryFault,
  type Protection,
  type SyscallResult,
  type VfioHost,
} from '../vfio-host';
import { AgentMemory, largest } from './agent-memory';
import type { Channel, Exchange, Reply } from './channel';
import { LIST_MAX, type Operation, PAYLOAD_MAX, POLL_MAX_MS, RESULT, TEXT_MAX } from './protocol';

/** One mapping, as on this machine. */
const LARGEST_MAPPING = 2 ** 32;
/** What `int` holds: 24 days. */
const LONGEST_POLL_MS = 2 ** 31 - 1;
/** Bulk copies go in pieces, so that a long one does not look like silence. */
const COPY_PIECE = 4 << 20;
/** Signals by their numbers on the architectures that an agent is built for. */
const SIGNALS: Readonly<Record<number, MemoryFault['signal']>> = { 4: 'SIGILL', 7: 'SIGBUS', 11: 'SIGSEGV' };

export class AgentHost implements VfioHost {
  readonly #channel: Channel;
  readonly #release: (channel: Channel) => void;
  readonly #descriptors = new Descriptors();
  readonly #memories = new Set<AgentMemory>();
  readonly #arguments: IoctlArguments;
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4));
  #disposed = false;

  /** @param release takes the channel when the host is disposed of; everything in the agent is closed by then. */
  constructor(
    channel: Channel,
    readonly facts: HostFacts,
    release: (channel: Channel) => void,
  ) {
    this.#channel = channel;
    this.#release = release;
    this.#arguments = new IoctlArguments(facts.ioctlEncoding, facts.byteOrder);
  }

  open(path: string, access: 'read-only' | 'read-write'): SyscallResult {
    checkPath(path);
    const fd = this.#call('open', [access === 'read-write' ? 1 : 0], { payload: Buffer.from(path) }).result;
    if (fd >= 0) this.#descriptors.add(fd, kindOfPath(path));
    return fd;
  }

  close(fd: number): SyscallResult {
    return this.#descriptors.remove(fd) ? this.#call('close', [fd]).result : -ERRNO.EBADF;
  }

  ioctl(fd: number, request: number, argument?: Uint8Array | bigint | number): SyscallResult {
    if (!Number.isInteger(request) || request < 0 || request > 0xffff_ffff)
      throw new HostMisuse(`${request} is no ioctl number`);
    const kind = this.#descriptors.kind(fd);
    if (kind === undefined) return -ERRNO.EBADF;
    const rule = this.#arguments.rule(kind, request);
    let result: SyscallResult;
    if (typeof argument === 'object') {
      if (rule) {
        this.#arguments.check(rule, argument);
        const range = embeddedRange(rule, argument, this.facts.byteOrder);
        if (range !== undefined && ![...this.#memories].some((memory) => memory.covers(range.address, range.length)))
          throw new HostMisuse(
            `${rule.name}: ${range.field} (0x${range.address.toString(16)} + 0x${range.length.toString(16)}) is not inside memory of this host`,
          );
      }
      const reply = this.#call('ioctl', [fd, request, 1], { payload: argument, limit: argument.length });
      argument.set(reply.payload);
      result = reply.result;
    } else {
      result = this.#call('ioctl', [fd, request, 0, unsignedLong(argument)]).result;
    }
    if (result >= 0 && rule?.returnsDescriptor === true)
      this.#descriptors.add(result, rule.name === 'VFIO_GROUP_GET_DEVICE_FD' ? 'device' : 'other');
    return result;
  }

  pread(fd: number, into: Uint8Array, offset: bigint): SyscallResult {
    if (!this.#descriptors.has(fd)) return -ERRNO.EBADF;
    checkOffset(offset);
    return this.#fetch('pread', [fd, into.length, offset], into);
  }

  pwrite(fd: number, from: Uint8Array, offset: bigint): SyscallResult {
    if (!this.#descriptors.has(fd)) return -ERRNO.EBADF;
    checkOffset(offset);
    return this.#call('pwrite', [fd, 0, offset], { payload: from.subarray(0, PAYLOAD_MAX) }).result;
  }

  read(fd: number, into: Uint8Array): SyscallResult {
    if (!this.#descriptors.has(fd)) return -ERRNO.EBADF;
    return this.#fetch('read', [fd, into.length], into);
  }

  mmap(fd: number, length: number, offset: bigint, protection: Protection): HostMemory | SyscallResult {
    if (!this.#descriptors.has(fd)) return -ERRNO.EBADF;
    checkOffset(offset);
    const bits = (protection.read ? 1 : 0) | (protection.write ? 2 : 0);
    return this.#map('device', 'mmap', [fd, checkedLength(length), offset, bits], length, protection);
  }

  allocate(length: number): HostMemory | SyscallResult {
    return this.#map('anonymous', 'allocate', [checkedLength(length)], length, { read: true, write: true });
  }

  munmap(memory: HostMemory): SyscallResult {
    const own = this.#own(memory);
    const { result } = this.#call('munmap', [own.slot]);
    if (result < 0) return result;
    own.live = false;
    this.#memories.delete(own);
    return 0;
  }

  load(memory: HostMemory, at: number, width: AccessWidth): bigint {
    const own = this.#own(memory);
    own.checkAccess('read', at, width);
    const { payload } = this.#touch('load', [own.slot, at, width], at, width, { limit: 8 });
    return little(payload);
  }

  store(memory: HostMemory, at: number, width: AccessWidth, value: bigint): void {
    const own = this.#own(memory);
    own.checkAccess('write', at, width);
    if (value < 0n || value > largest(width)) throw new HostMisuse(`${value} does not fit into ${width} bytes`);
    this.#touch('store', [own.slot, at, width, value], at, width);
  }

  peek(memory: HostMemory, at: number, into: Uint8Array): void {
    const own = this.#own(memory);
    own.checkRange('read', at, into.length);
    for (let done = 0; done < into.length; done += COPY_PIECE) {
      const part = into.subarray(done, done + COPY_PIECE);
      this.#touch('peek', [own.slot, at + done, part.length], at + done, part.length, {
        limit: part.length,
        into: part,
      });
    }
  }

  poke(memory: HostMemory, at: number, from: Uint8Array): void {
    const own = this.#own(memory);
    own.checkRange('write', at, from.length);
    for (let done = 0; done < from.length; done += COPY_PIECE) {
      const payload = from.subarray(done, done + COPY_PIECE);
      this.#touch('poke', [own.slot, at + done], at + done, payload.length, { payload });
    }
  }

  eventfd(): SyscallResult {
    const fd = this.#call('eventfd', []).result;
    if (fd >= 0) this.#descriptors.add(fd, 'other');
    return fd;
  }

  poll(fds: readonly number[], timeoutMs: number): readonly number[] | SyscallResult {
    if (!(timeoutMs >= 0 && timeoutMs <= LONGEST_POLL_MS))
      throw new HostMisuse(`cannot poll for ${timeoutMs} ms: 0 to ${LONGEST_POLL_MS}`);
    if (!fds.every((fd) => this.#descriptors.has(fd))) return -ERRNO.EBADF;
    const payload = new Uint8Array(fds.length * 4);
    const list = new DataView(payload.buffer);
    for (const [n, fd] of fds.entries()) list.setInt32(n * 4, fd, true);
    const deadline = this.now() + timeoutMs;
    for (;;) {
      // Rounded up, because poll knows whole milliseconds only and must not return before the time.
      const left = Math.ceil(Math.max(0, deadline - this.now()));
      const reply = this.#call('poll', [Math.min(left, POLL_MAX_MS)], { payload, limit: payload.length });
      if (reply.result < 0) return reply.result;
      if (reply.result > 0) return this.#ready(reply.payload, fds);
      if (left <= POLL_MAX_MS) return [];
    }
  }

  now(): number {
    return performance.now();
  }

  sleep(milliseconds: number): void {
    if (!Number.isFinite(milliseconds) || milliseconds < 0) throw new HostMisuse(`cannot sleep for ${milliseconds} ms`);
    Atomics.wait(this.#sleeper, 0, 0, milliseconds);
  }

  readText(path: string): string | SyscallResult {
    return this.#text('text', path, TEXT_MAX);
  }

  readLink(path: string): string | SyscallResult {
    return this.#text('link', path, 4096);
  }

  list(path: string): readonly string[] | SyscallResult {
    const names = this.#text('list', path, LIST_MAX);
    return typeof names === 'number'
      ? names
      : names
          .split('\0')
          .filter((name) => name !== '')
          .sort();
  }

  program(run: ProgramRun): ProgramResult {
    return runProgram(run);
  }

  /** Never throws: where the agent is gone, it has closed everything itself. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    try {
      if (!this.#channel.lost) this.#call('release', []);
    } catch (error) {
      if (!(error instanceof HostLost)) throw error;
    } finally {
      for (const memory of this.#memories) memory.live = false;
      this.#memories.clear();
      for (const fd of this.#descriptors.newestFirst()) this.#descriptors.remove(fd);
      this.#release(this.#channel);
    }
  }

  /** @throws HostLost; HostMisuse for what the agent refuses, which is never an answer of the kernel. */
  #call(op: Operation, args: readonly (number | bigint)[], exchange?: Exchange): Reply {
    const reply = this.#channel.exchange(op, args, exchange);
    switch (reply.result) {
      case RESULT.refused:
        throw new HostMisuse(
          `the agent makes only the ioctls of VFIO that it knows; 0x${Number(args[1] ?? 0).toString(16)} takes one that was started with --raw-ioctl`,
        );
      case RESULT.foreign:
        throw new HostMisuse(`the agent refuses ${op}: an address in its argument is not memory of this host`);
      case RESULT.badRequest:
        throw new HostMisuse(`the agent refuses ${op}: its arguments do not fit together`);
      default:
        if (reply.result < -4095 && reply.result !== RESULT.fault)
          return this.#channel.lose(`${op} was answered with ${reply.result}`);
        return reply;
    }
  }

  #fetch(op: Operation, args: readonly (number | bigint)[], into: Uint8Array): SyscallResult {
    const { result, payload } = this.#call(op, args, { limit: Math.min(into.length, PAYLOAD_MAX), into });
    return Math.max(result, 0) === payload.length
      ? result
      : this.#channel.lose(`${op} said ${result} and sent ${payload.length} bytes`);
  }

  #touch(op: Operation, args: readonly (number | bigint)[], at: number, width: number, exchange?: Exchange): Reply {
    const reply = this.#call(op, args, exchange);
    if (reply.result === RESULT.fault) throw new MemoryFault(SIGNALS[reply.detail] ?? 'SIGSEGV', at, width);
    return reply;
  }

  #map(
    kind: HostMemory['kind'],
    op: Operation,
    args: readonly (number | bigint)[],
    length: number,
    protection: Protection,
  ): HostMemory | SyscallResult {
    const { result, payload } = this.#call(op, args, { limit: 8 });
    if (result < 0) return result;
    const memory = new AgentMemory(kind, result, little(payload), length, protection);
    this.#memories.add(memory);
    return memory;
  }

  #own(memory: HostMemory): AgentMemory {
    if (memory instanceof AgentMemory && this.#memories.has(memory)) return memory;
    const ended = memory instanceof AgentMemory && !memory.live;
    throw new HostMisuse(ended ? 'the memory is used after munmap' : 'the memory belongs to another host');
  }

  #ready(payload: Uint8Array, asked: readonly number[]): readonly number[] {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const ready = Array.from({ length: payload.length >> 2 }, (_, n) => view.getInt32(n * 4, true));
    return ready.every((fd) => asked.includes(fd))
      ? ready
      : this.#channel.lose('poll was answered with descriptors that were not asked for');
  }

  #text(op: Operation, path: string, limit: number): string | SyscallResult {
    checkPath(path);
    const { result, payload } = this.#call(op, [], { payload: Buffer.from(path), limit });
    return result < 0 ? result : Buffer.from(payload).toString('utf8');
  }
}

function checkedLength(length: number): number {
  if (Number.isInteger(length) && length >= 0 && length <= LARGEST_MAPPING) return length;
  throw new HostMisuse(`cannot map ${length} bytes: 0 to ${LARGEST_MAPPING} at a time`);
}

function little(payload: Uint8Array): bigint {
  return payload.length === 8 ? Buffer.from(payload).readBigUInt64LE(0) : 0n;
}
