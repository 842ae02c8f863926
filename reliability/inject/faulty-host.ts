/** FaultyHost: any VfioHost, to whose calls things happen. It sits below everything of the kit that watches or judges. */
import type { ProgramResult, ProgramRun } from '../../runner/host/program';
import {
  type AccessWidth,
  DeviceHang,
  type HostFacts,
  HostLost,
  type HostMemory,
  MemoryFault,
  type Protection,
  type SyscallResult,
  type VfioHost,
} from '../../runner/host/vfio-host';
import type { Injection, Injector, PortCall } from './injection';

/** argsz stands in the first four bytes of a structure: it is the kernel's to change, and garbage there is garbage like any other. */
export class FaultyHost implements VfioHost {
  private gone = false;
  /** Descriptors and mappings that are open. */
  private readonly open_ = new Set<number | HostMemory>();

  constructor(
    private readonly inner: VfioHost,
    private readonly injector: Injector,
    /** Told at the end how many descriptors and mappings the kit had left to `dispose`. */
    private readonly onDispose: (left: number) => void = () => undefined,
  ) {}

  get facts(): HostFacts {
    return this.inner.facts;
  }

  open(path: string, access: 'read-only' | 'read-write'): SyscallResult {
    return this.opened(this.call('open', () => this.inner.open(path, access)));
  }

  close(fd: number): SyscallResult {
    // Linux closes a descriptor whatever it answers.
    this.open_.delete(fd);
    const injection = this.inject('close', 0);
    const answer = this.inner.close(fd);
    return injection?.what === 'errno' ? -injection.errno : answer;
  }

  ioctl(fd: number, request: number, argument?: Uint8Array | bigint | number): SyscallResult {
    const buffer = typeof argument === 'object' ? argument : undefined;
    const answer = this.call('ioctl', () => this.inner.ioctl(fd, request, argument), buffer);
    return GIVES_DESCRIPTOR.has(request & 0xff) && answer > 2 ? this.opened(answer) : answer;
  }

  pread(fd: number, into: Uint8Array, offset: bigint): SyscallResult {
    return this.transfer('pread', into, (part) => this.inner.pread(fd, part, offset));
  }

  pwrite(fd: number, from: Uint8Array, offset: bigint): SyscallResult {
    return this.transfer('pwrite', from, (part) => this.inner.pwrite(fd, part, offset));
  }

  read(fd: number, into: Uint8Array): SyscallResult {
    return this.transfer('read', into, (part) => this.inner.read(fd, part));
  }

  mmap(fd: number, length: number, offset: bigint, protection: Protection): HostMemory | SyscallResult {
    return this.mapped(this.call('mmap', () => this.inner.mmap(fd, length, offset, protection)));
  }

  allocate(length: number): HostMemory | SyscallResult {
    return this.mapped(this.call('allocate', () => this.inner.allocate(length)));
  }

  munmap(memory: HostMemory): SyscallResult {
    this.open_.delete(memory);
    const injection = this.inject('munmap', 0);
    const answer = this.inner.munmap(memory);
    return injection?.what === 'errno' ? -injection.errno : answer;
  }

  load(memory: HostMemory, at: number, width: AccessWidth): bigint {
    const injection = this.touch('load', memory, at, width);
    const value = this.inner.load(memory, at, width);
    return injection?.what === 'garbage' ? value ^ BigInt(injection.pattern) : value;
  }

  store(memory: HostMemory, at: number, width: AccessWidth, value: bigint): void {
    this.touch('store', memory, at, width);
    this.inner.store(memory, at, width, value);
  }

  peek(memory: HostMemory, at: number, into: Uint8Array): void {
    const injection = this.touch('peek', memory, at, into.length);
    this.inner.peek(memory, at, into);
    if (injection) spoil(into, injection);
  }

  poke(memory: HostMemory, at: number, from: Uint8Array): void {
    this.touch('poke', memory, at, from.length);
    this.inner.poke(memory, at, from);
  }

  eventfd(): SyscallResult {
    return this.opened(this.call('eventfd', () => this.inner.eventfd()));
  }

  poll(fds: readonly number[], timeoutMs: number): readonly number[] | SyscallResult {
    return this.call('poll', () => this.inner.poll(fds, timeoutMs));
  }

  now(): number {
    return this.inner.now();
  }

  sleep(milliseconds: number): void {
    this.inner.sleep(milliseconds);
  }

  readText(path: string): string | SyscallResult {
    return this.call('sysfs', () => this.inner.readText(path));
  }

  readLink(path: string): string | SyscallResult {
    return this.call('sysfs', () => this.inner.readLink(path));
  }

  list(path: string): readonly string[] | SyscallResult {
    return this.call('sysfs', () => this.inner.list(path));
  }

  program(run: ProgramRun): ProgramResult {
    return this.inner.program(run);
  }

  dispose(): void {
    this.onDispose(this.open_.size);
    this.inner.dispose();
  }

  private opened(fd: SyscallResult): SyscallResult {
    if (fd >= 0) this.open_.add(fd);
    return fd;
  }

  private mapped(memory: HostMemory | SyscallResult): HostMemory | SyscallResult {
    if (typeof memory === 'object') this.open_.add(memory);
    return memory;
  }

  /** What happens to this call; a delay has passed, and what ends a call early has ended it, by the time it returns. */
  private inject(call: PortCall, length: number): Injection | undefined {
    if (this.gone) throw new HostLost('the connection to the host is lost (injected)');
    const injection = this.injector.next(call, length);
    if (injection === undefined) return undefined;
    this.injector.done(call, injection);
    switch (injection.what) {
      case 'delay':
        this.inner.sleep(injection.ms);
        return undefined;
      case 'lost':
        this.gone = true;
        throw new HostLost('the connection to the host is lost (injected)');
      case 'hang':
        throw new DeviceHang(`${call} (injected)`);
      default:
        return injection;
    }
  }

  private call<T>(call: PortCall, make: () => T | SyscallResult, buffer?: Uint8Array): T | SyscallResult {
    const injection = this.inject(call, buffer?.length ?? 0);
    if (injection?.what === 'errno') return -injection.errno;
    const answer = make();
    if (injection && buffer) spoil(buffer, injection);
    return answer;
  }

  private transfer(call: PortCall, bytes: Uint8Array, make: (part: Uint8Array) => SyscallResult): SyscallResult {
    const injection = this.inject(call, bytes.length);
    if (injection?.what === 'errno') return -injection.errno;
    if (injection?.what === 'short') return injection.bytes === 0 ? 0 : make(bytes.subarray(0, injection.bytes));
    const answer = make(bytes);
    if (injection) spoil(bytes, injection);
    return answer;
  }

  private touch(call: PortCall, memory: HostMemory, at: number, width: number): Injection | undefined {
    const injection = this.inject(call, width);
    if (injection?.what !== 'fault') return injection;
    // Memory that the kit allocated itself is no device's to refuse.
    if (memory.kind === 'anonymous') return undefined;
    throw new MemoryFault('SIGBUS', at, width);
  }
}

/** VFIO_GROUP_GET_DEVICE_FD. */
const GIVES_DESCRIPTOR = new Set([0x6a]);

function spoil(bytes: Uint8Array, injection: Injection): void {
  if (injection.what !== 'garbage') return;
  if (injection.pattern === 0xff || injection.pattern === 0) {
    // A whole field: 2^32-1 and 2^64-1 are what a wild device says.
    const start = injection.at & ~7;
    bytes.fill(injection.pattern, start, start + 8);
    return;
  }
  bytes[injection.at] = (bytes[injection.at] ?? 0) ^ injection.pattern;
}
