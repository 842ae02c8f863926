import { IOCTLS, type IoctlName, ioctlNumber } from '../../abi/ioctls';
import type { VirtualClock } from '../../reference/clock';
import { fail } from '../../reference/kernel/errno';
import type { Kernel } from '../../reference/kernel/kernel';
import { UserStructure } from '../../reference/kernel/user-structure';
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
import { ReferenceMemory } from './reference-memory';

/** Virtual milliseconds that one call takes: enough for a running device's counter to move between two calls. */
const CALL_MS = 0.01;
const MAX_TEXT = 64 * 1024;

const STRUCTURE_IOCTLS = new Set(
  (Object.keys(IOCTLS) as IoctlName[])
    .filter((name) => IOCTLS[name].layout !== undefined)
    .map((name) => ioctlNumber(name, 'generic')),
);

/** VfioHost on the simulated kernel, in this process and on virtual time. */
export class ReferenceHost implements VfioHost {
  private readonly memories = new Set<ReferenceMemory>();

  constructor(
    readonly facts: HostFacts,
    private readonly kernel: Kernel,
    private readonly clock: VirtualClock,
  ) {}

  open(path: string, access: 'read-only' | 'read-write'): SyscallResult {
    this.spend();
    return this.kernel.open(path, access);
  }

  close(fd: number): SyscallResult {
    this.spend();
    return this.kernel.files.close(fd) ? 0 : fail('EBADF');
  }

  ioctl(fd: number, request: number, argument?: Uint8Array | bigint | number): SyscallResult {
    if (argument instanceof Uint8Array && STRUCTURE_IOCTLS.has(request)) {
      const argsz = new UserStructure(argument, this.facts.byteOrder).u32(0);
      if (argsz > argument.length)
        throw new HostMisuse(`argsz is ${argsz}, but the buffer has ${argument.length} bytes`);
    }
    this.spend();
    return this.kernel.files.get(fd)?.ioctl(request, argument) ?? fail('EBADF');
  }

  pread(fd: number, into: Uint8Array, offset: bigint): SyscallResult {
    this.spend();
    return this.kernel.files.get(fd)?.pread(into, offset) ?? fail('EBADF');
  }

  pwrite(fd: number, from: Uint8Array, offset: bigint): SyscallResult {
    this.spend();
    return this.kernel.files.get(fd)?.pwrite(from, offset) ?? fail('EBADF');
  }

  read(fd: number, into: Uint8Array): SyscallResult {
    this.spend();
    return this.kernel.files.get(fd)?.read(into) ?? fail('EBADF');
  }

  mmap(fd: number, length: number, offset: bigint, protection: Protection): HostMemory | SyscallResult {
    this.spend();
    const file = this.kernel.files.get(fd);
    if (file === undefined) return fail('EBADF');
    const page = BigInt(this.facts.pageSize);
    if (length <= 0 || offset < 0n || offset % page !== 0n) return fail('EINVAL');
    const mapping = file.mmap(length, offset, protection.write);
    if (typeof mapping === 'number') return mapping;
    return this.remember(new ReferenceMemory('device', this.kernel.memory.reserve(length), length, mapping));
  }

  allocate(length: number): HostMemory | SyscallResult {
    this.spend();
    if (!Number.isSafeInteger(length) || length <= 0) return fail('EINVAL');
    const range = this.kernel.memory.allocate(length);
    return this.remember(new ReferenceMemory('anonymous', range.address, length, { bytes: range.bytes }));
  }

  munmap(memory: HostMemory): SyscallResult {
    this.spend();
    const own = this.own(memory);
    own.unmap();
    this.memories.delete(own);
    if (own.kind === 'anonymous') this.kernel.memory.release(own.address);
    return 0;
  }

  load(memory: HostMemory, at: number, width: AccessWidth): bigint {
    this.spend();
    return this.own(memory).load(at, width, this.facts.byteOrder);
  }

  store(memory: HostMemory, at: number, width: AccessWidth, value: bigint): void {
    this.spend();
    this.own(memory).store(at, width, value, this.facts.byteOrder);
  }

  peek(memory: HostMemory, at: number, into: Uint8Array): void {
    this.spend();
    this.own(memory).peek(at, into);
  }

  poke(memory: HostMemory, at: number, from: Uint8Array): void {
    this.spend();
    this.own(memory).poke(at, from);
  }

  eventfd(): SyscallResult {
    this.spend();
    return this.kernel.eventfd();
  }

  poll(fds: readonly number[], timeoutMs: number): readonly number[] | SyscallResult {
    this.spend();
    if (fds.some((fd) => this.kernel.files.get(fd) === undefined)) return fail('EBADF');
    const ready = (): number[] => fds.filter((fd) => this.kernel.files.get(fd)?.ready === true);
    const end = timeoutMs < 0 ? Number.POSITIVE_INFINITY : this.clock.now() + timeoutMs;
    for (let found = ready(); ; found = ready()) {
      if (found.length > 0 || this.clock.now() >= end) return found;
      if (end === Number.POSITIVE_INFINITY && this.clock.nextDue() === undefined) this.clock.hang('poll');
      const next = Math.min(end, this.clock.nextDue() ?? end);
      this.clock.advance(next - this.clock.now());
    }
  }

  now(): number {
    return this.clock.now();
  }

  sleep(milliseconds: number): void {
    this.clock.advance(milliseconds);
  }

  readText(path: string): string | SyscallResult {
    this.spend();
    const text = this.kernel.tree.readText(path);
    return typeof text === 'string' ? text.slice(0, MAX_TEXT) : text;
  }

  readLink(path: string): string | SyscallResult {
    this.spend();
    return this.kernel.tree.readLink(path);
  }

  list(path: string): readonly string[] | SyscallResult {
    this.spend();
    return this.kernel.tree.list(path);
  }

  program(run: ProgramRun): ProgramResult {
    return runProgram(run);
  }

  dispose(): void {
    for (const memory of this.memories) memory.unmap();
    this.memories.clear();
    this.kernel.files.closeAll();
    this.kernel.memory.clear();
  }

  private spend(): void {
    this.clock.advance(CALL_MS);
  }

  private remember(memory: ReferenceMemory): ReferenceMemory {
    this.memories.add(memory);
    return memory;
  }

  private own(memory: HostMemory): ReferenceMemory {
    if (!(memory instanceof ReferenceMemory)) throw new HostMisuse('this memory belongs to another host');
    if (!this.memories.has(memory)) throw new HostMisuse('the memory is not mapped any more');
    return memory;
  }
}
