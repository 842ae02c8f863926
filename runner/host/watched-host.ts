/**
 * WatchedHost: any VfioHost, with listeners that are told of every call. The oracles, the access trace and the flight recorder
 * hang here; nothing that the kit does to a device gets past them.
 *
 * Not watched: facts, now, sleep, readText, readLink, list, program and dispose, none of which is a call of a driver's.
 */
import { ERRNO } from '../abi/errno';
import { type AccessListener, AccessRecord, SENT_LIMIT, type WatchedCall } from './access';
import type { ProgramResult, ProgramRun } from './program';
import type { AccessWidth, HostFacts, HostMemory, Protection, SyscallResult, VfioHost } from './vfio-host';

export { type Access, type AccessListener, SENT_LIMIT, type WatchedCall } from './access';

export class WatchedHost implements VfioHost {
  readonly #inner: VfioHost;
  readonly #listeners: readonly AccessListener[];
  #sequence = 0;

  /** Listeners are told in the order given; put first the one that must not miss an access because another one throws. */
  constructor(inner: VfioHost, listeners: readonly AccessListener[]) {
    this.#inner = inner;
    this.#listeners = [...listeners];
  }

  get facts(): HostFacts {
    return this.#inner.facts;
  }

  open(path: string, access: 'read-only' | 'read-write'): SyscallResult {
    const record = this.#record('open', -1, 0);
    record.path = path;
    return this.#watch(record, () => this.#inner.open(path, access), answered);
  }

  close(fd: number): SyscallResult {
    return this.#watch(this.#record('close', fd, 0), () => this.#inner.close(fd), answered);
  }

  ioctl(fd: number, request: number, argument?: Uint8Array | bigint | number): SyscallResult {
    const buffer = typeof argument === 'object' ? argument : undefined;
    const record = this.#record('ioctl', fd, buffer?.length ?? 0);
    record.request = request;
    record.data = buffer;
    record.sent = buffer?.slice(0, SENT_LIMIT);
    record.value = typeof argument === 'object' ? undefined : exact(argument);
    return this.#watch(record, () => this.#inner.ioctl(fd, request, argument), answered);
  }

  pread(fd: number, into: Uint8Array, offset: bigint): SyscallResult {
    const record = this.#record('pread', fd, into.length);
    record.offset = offset;
    record.data = into;
    return this.#watch(record, () => this.#inner.pread(fd, into, offset), answered);
  }

  pwrite(fd: number, from: Uint8Array, offset: bigint): SyscallResult {
    const record = this.#record('pwrite', fd, from.length);
    record.offset = offset;
    record.data = from;
    return this.#watch(record, () => this.#inner.pwrite(fd, from, offset), answered);
  }

  read(fd: number, into: Uint8Array): SyscallResult {
    const record = this.#record('read', fd, into.length);
    record.data = into;
    return this.#watch(record, () => this.#inner.read(fd, into), answered);
  }

  mmap(fd: number, length: number, offset: bigint, protection: Protection): HostMemory | SyscallResult {
    const record = this.#record('mmap', fd, length);
    record.offset = offset;
    return this.#watch(record, () => this.#inner.mmap(fd, length, offset, protection), mapped);
  }

  allocate(length: number): HostMemory | SyscallResult {
    return this.#watch(this.#record('allocate', -1, length), () => this.#inner.allocate(length), mapped);
  }

  munmap(memory: HostMemory): SyscallResult {
    const record = this.#record('munmap', -1, memory.length);
    record.memory = memory;
    return this.#watch(record, () => this.#inner.munmap(memory), answered);
  }

  load(memory: HostMemory, at: number, width: AccessWidth): bigint {
    const record = this.#memoryRecord('load', memory, at, width);
    record.width = width;
    return this.#watch(record, () => this.#inner.load(memory, at, width), loaded);
  }

  store(memory: HostMemory, at: number, width: AccessWidth, value: bigint): void {
    const record = this.#memoryRecord('store', memory, at, width);
    record.width = width;
    record.value = value;
    this.#watch(record, () => this.#inner.store(memory, at, width, value), nothing);
  }

  peek(memory: HostMemory, at: number, into: Uint8Array): void {
    const record = this.#memoryRecord('peek', memory, at, into.length);
    record.data = into;
    this.#watch(record, () => this.#inner.peek(memory, at, into), nothing);
  }

  poke(memory: HostMemory, at: number, from: Uint8Array): void {
    const record = this.#memoryRecord('poke', memory, at, from.length);
    record.data = from;
    this.#watch(record, () => this.#inner.poke(memory, at, from), nothing);
  }

  eventfd(): SyscallResult {
    return this.#watch(this.#record('eventfd', -1, 0), () => this.#inner.eventfd(), answered);
  }

  poll(fds: readonly number[], timeoutMs: number): readonly number[] | SyscallResult {
    const record = this.#record('poll', fds[0] ?? -1, fds.length);
    return this.#watch(record, () => this.#inner.poll(fds, timeoutMs), polled);
  }

  now(): number {
    return this.#inner.now();
  }

  sleep(milliseconds: number): void {
    this.#inner.sleep(milliseconds);
  }

  readText(path: string): string | SyscallResult {
    return this.#inner.readText(path);
  }

  readLink(path: string): string | SyscallResult {
    return this.#inner.readLink(path);
  }

  list(path: string): readonly string[] | SyscallResult {
    return this.#inner.list(path);
  }

  program(run: ProgramRun): ProgramResult {
    return this.#inner.program(run);
  }

  dispose(): void {
    this.#inner.dispose();
  }

  #record(call: WatchedCall, fd: number, length: number): AccessRecord {
    this.#sequence += 1;
    // Reading the clock costs more than all the rest, and with nobody listening nobody asks.
    const startedMs = this.#listeners.length > 0 ? this.#inner.now() : 0;
    return new AccessRecord(this.#sequence, call, startedMs, fd, length);
  }

  #memoryRecord(call: WatchedCall, memory: HostMemory, at: number, length: number): AccessRecord {
    const record = this.#record(call, -1, length);
    record.memory = memory;
    record.at = at;
    return record;
  }

  #watch<T>(record: AccessRecord, call: () => T, note: (record: AccessRecord, answer: T) => void): T {
    for (const listener of this.#listeners) {
      listener.before?.(record);
    }
    let answer: T;
    try {
      answer = call();
    } catch (error) {
      record.result = -ERRNO.EIO;
      record.thrown = error instanceof Error ? error : new Error(String(error));
      this.#tellAfter(record);
      throw error;
    }
    note(record, answer);
    this.#tellAfter(record);
    return answer;
  }

  #tellAfter(record: AccessRecord): void {
    for (const listener of this.#listeners) {
      listener.after(record);
    }
  }
}

function answered(record: AccessRecord, answer: SyscallResult): void {
  record.result = answer;
}

function mapped(record: AccessRecord, answer: HostMemory | SyscallResult): void {
  if (typeof answer === 'number') {
    record.result = answer;
  } else {
    record.memory = answer;
  }
}

function loaded(record: AccessRecord, answer: bigint): void {
  record.value = answer;
}

function polled(record: AccessRecord, answer: readonly number[] | SyscallResult): void {
  if (typeof answer === 'number') {
    record.result = answer;
  } else {
    record.result = answer.length;
    record.readyFds = answer;
  }
}

function nothing(): void {}

/** Undefined for a number that is no integer, which the host itself refuses. */
function exact(argument: bigint | number | undefined): bigint | undefined {
  return typeof argument === 'number' ? (Number.isInteger(argument) ? BigInt(argument) : undefined) : argument;
}
