/**
 * One region of a device: reads, writes and mappings of it. Offsets are from the region's start and go to the kernel as they are, also
 * past the region's end; who follows an offset that the device gave checks it first (see migration-region.ts).
 */
import { type ByteOrder, ERRNO, readScalar, type VfioRegionSparseMmapArea, writeScalar } from '../abi';
import { type AccessWidth, type HostMemory, HostMisuse, type Protection, type VfioHost } from '../host/vfio-host';
import type { Limits } from './limits';
import { DONE, kernelFailure, type Outcome, ownFailure, success } from './outcome';
import type { RegionInfo } from './region-info';

/** A part of the region in this process's memory. */
export interface MappedArea {
  readonly area: VfioRegionSparseMmapArea;
  readonly memory: HostMemory;
}

export class Region {
  private readonly mapped = new Map<string, MappedArea>();
  /** By width, for one scalar on its way: fresh memory for each would cost more than the call. */
  private readonly scalars: Readonly<Record<AccessWidth, Uint8Array>> = {
    1: new Uint8Array(1),
    2: new Uint8Array(2),
    4: new Uint8Array(4),
    8: new Uint8Array(8),
  };

  constructor(
    readonly host: VfioHost,
    readonly fd: number,
    readonly info: RegionInfo,
    readonly limits: Limits,
  ) {}

  get order(): ByteOrder {
    return this.host.facts.byteOrder;
  }

  /** True when `size` bytes at `at` lie inside the region. */
  holds(at: bigint, size: bigint): boolean {
    return at >= 0n && size >= 0n && at + size <= this.info.size;
  }

  /** One pread; the number of bytes read, which may be fewer than asked. An interrupted call is made again. */
  read(at: bigint, into: Uint8Array): Outcome<number> {
    return this.transfer('pread', at, into);
  }

  /** One pwrite; the number of bytes written, which may be fewer than given. */
  write(at: bigint, from: Uint8Array): Outcome<number> {
    return this.transfer('pwrite', at, from);
  }

  /** One access of exactly `width` bytes, in the host's byte order; config space and BARs are little endian everywhere, so say so. */
  readScalar(at: bigint, width: AccessWidth, order: ByteOrder = this.order): Outcome<bigint> {
    const bytes = this.scalars[width];
    const done = this.whole('pread', at, bytes);
    return done.ok ? success(readScalar(bytes, 0, width, order)) : done;
  }

  writeScalar(at: bigint, width: AccessWidth, value: bigint, order: ByteOrder = this.order): Outcome {
    const bytes = this.scalars[width];
    writeScalar(bytes, 0, width, value, order);
    return this.whole('pwrite', at, bytes);
  }

  /** Maps one area (once: a second call gives the same mapping). The kernel checks alignment and bounds. */
  map(area: VfioRegionSparseMmapArea, protection?: Protection): Outcome<MappedArea> {
    const wanted = protection ?? { read: this.info.readable, write: this.info.writable };
    const key = `${area.offset}+${area.size}:${wanted.read}:${wanted.write}`;
    const known = this.mapped.get(key);
    if (known) {
      return success(known);
    }
    if (area.size <= 0n || area.size > this.limits.maxMappingBytes) {
      return ownFailure(
        'limit',
        'mmap',
        `an area of ${area.size} bytes; the kit maps up to ${this.limits.maxMappingBytes}`,
      );
    }
    const position = this.info.offset + area.offset;
    if (position >= 1n << 63n) {
      return ownFailure('outside', 'mmap', `0x${position.toString(16)} is no file offset`);
    }
    const memory = this.host.mmap(this.fd, Number(area.size), position, wanted);
    if (typeof memory === 'number') {
      return kernelFailure('mmap', memory);
    }
    const entry = { area, memory };
    this.mapped.set(key, entry);
    return success(entry);
  }

  /** Ends every mapping made through `map`. */
  unmapAll(): Outcome {
    let first: Outcome = DONE;
    for (const { memory } of this.mapped.values()) {
      const result = this.host.munmap(memory);
      if (result < 0 && first.ok) {
        first = kernelFailure('munmap', result);
      }
    }
    this.mapped.clear();
    return first;
  }

  private whole(call: 'pread' | 'pwrite', at: bigint, bytes: Uint8Array): Outcome {
    const moved = this.transfer(call, at, bytes);
    if (!moved.ok) {
      return moved;
    }
    return moved.value === bytes.length
      ? DONE
      : ownFailure('short', call, `${moved.value} of ${bytes.length} bytes`, moved.value);
  }

  private transfer(call: 'pread' | 'pwrite', at: bigint, bytes: Uint8Array): Outcome<number> {
    const position = this.info.offset + at;
    if (position < 0n || position + BigInt(bytes.length) > (1n << 63n) - 1n) {
      return ownFailure('outside', call, `0x${position.toString(16)} is no file offset`);
    }
    for (let tries = 0; ; tries++) {
      const result =
        call === 'pread' ? this.host.pread(this.fd, bytes, position) : this.host.pwrite(this.fd, bytes, position);
      if (result === -ERRNO.EINTR && tries < this.limits.maxInterruptions) {
        continue;
      }
      if (result < 0) {
        return kernelFailure(call, result);
      }
      if (result > bytes.length) {
        throw new HostMisuse(`${call} of ${bytes.length} bytes returned ${result}`);
      }
      return success(result);
    }
  }
}
