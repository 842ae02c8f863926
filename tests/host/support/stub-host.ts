/** A VfioHost of which every test overrides what it needs; anything else is an error. */
import type { ProgramResult, ProgramRun } from '../../../runner/host/program';
import type {
  AccessWidth,
  HostFacts,
  HostMemory,
  Protection,
  SyscallResult,
  VfioHost,
} from '../../../runner/host/vfio-host';

export class StubHost implements VfioHost {
  readonly facts: HostFacts = {
    kind: 'reference',
    name: 'stub',
    architecture: 'x86_64',
    kernelRelease: '0',
    byteOrder: 'little',
    pageSize: 4096,
    wordBits: 64,
    ioctlEncoding: 'generic',
  };

  open(_path: string, _access: 'read-only' | 'read-write'): SyscallResult {
    return unexpected('open');
  }
  close(_fd: number): SyscallResult {
    return unexpected('close');
  }
  ioctl(_fd: number, _request: number, _argument?: Uint8Array | bigint | number): SyscallResult {
    return unexpected('ioctl');
  }
  pread(_fd: number, _into: Uint8Array, _offset: bigint): SyscallResult {
    return unexpected('pread');
  }
  pwrite(_fd: number, _from: Uint8Array, _offset: bigint): SyscallResult {
    return unexpected('pwrite');
  }
  read(_fd: number, _into: Uint8Array): SyscallResult {
    return unexpected('read');
  }
  mmap(_fd: number, _length: number, _offset: bigint, _protection: Protection): HostMemory | SyscallResult {
    return unexpected('mmap');
  }
  allocate(_length: number): HostMemory | SyscallResult {
    return unexpected('allocate');
  }
  munmap(_memory: HostMemory): SyscallResult {
    return unexpected('munmap');
  }
  load(_memory: HostMemory, _at: number, _width: AccessWidth): bigint {
    return unexpected('load');
  }
  store(_memory: HostMemory, _at: number, _width: AccessWidth, _value: bigint): void {
    unexpected('store');
  }
  peek(_memory: HostMemory, _at: number, _into: Uint8Array): void {
    unexpected('peek');
  }
  poke(_memory: HostMemory, _at: number, _from: Uint8Array): void {
    unexpected('poke');
  }
  eventfd(): SyscallResult {
    return unexpected('eventfd');
  }
  poll(_fds: readonly number[], _timeoutMs: number): readonly number[] | SyscallResult {
    return unexpected('poll');
  }
  now(): number {
    return unexpected('now');
  }
  sleep(_milliseconds: number): void {
    unexpected('sleep');
  }
  readText(_path: string): string | SyscallResult {
    return unexpected('readText');
  }
  readLink(_path: string): string | SyscallResult {
    return unexpected('readLink');
  }
  list(_path: string): readonly string[] | SyscallResult {
    return unexpected('list');
  }
  program(_run: ProgramRun): ProgramResult {
    return unexpected('program');
  }
  dispose(): void {
    unexpected('dispose');
  }
}

function unexpected(call: string): never {
  throw new Error(`unexpected call of ${call}`);
}
