import type { ByteOrder } from '../../abi/byte-order';
import { readScalar, writeScalar } from '../../abi/scalar';
import type { DeviceMapping } from '../../reference/kernel/open-file';
import { type AccessWidth, type HostMemory, HostMisuse } from '../vfio-host';

/** Memory of the simulated process: anonymous, or a mapped part of a device region. */
export class ReferenceMemory implements HostMemory {
  private mapped = true;
  readonly bytes?: Uint8Array;

  constructor(
    readonly kind: 'anonymous' | 'device',
    readonly address: bigint,
    readonly length: number,
    private readonly mapping: DeviceMapping,
  ) {
    // A mapping whose accesses may fault must not be reached around load, store, peek and poke.
    if (mapping.check === undefined) this.bytes = mapping.bytes.subarray(0, length);
  }

  unmap(): void {
    this.mapped = false;
  }

  load(at: number, width: AccessWidth, order: ByteOrder): bigint {
    this.checkExact(at, width);
    return readScalar(this.mapping.bytes, at, width, order);
  }

  store(at: number, width: AccessWidth, value: bigint, order: ByteOrder): void {
    this.checkExact(at, width);
    writeScalar(this.mapping.bytes, at, width, BigInt.asUintN(width * 8, value), order);
  }

  peek(at: number, into: Uint8Array): void {
    this.check(at, into.length);
    into.set(this.mapping.bytes.subarray(at, at + into.length));
  }

  poke(at: number, from: Uint8Array): void {
    this.check(at, from.length);
    this.mapping.bytes.set(from, at);
  }

  private checkExact(at: number, width: AccessWidth): void {
    if (at % width !== 0) throw new HostMisuse(`a ${width}-byte access at byte ${at} is not aligned`);
    this.check(at, width);
  }

  private check(at: number, length: number): void {
    if (!this.mapped) throw new HostMisuse('the memory is not mapped any more');
    if (!Number.isInteger(at) || at < 0 || at + length > this.length) {
      throw new HostMisuse(`${length} bytes at byte ${at} do not lie in ${this.length} bytes of memory`);
    }
    this.mapping.check?.(at, length);
  }
}
