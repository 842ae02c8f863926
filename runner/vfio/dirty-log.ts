/** Dirty page logging of a type1v2 container: VFIO_IOMMU_DIRTY_PAGES, and UNMAP_DMA with a bitmap. */
import {
  encodeDirtyPagesGet,
  encodeUnmapWithBitmap,
  ioctlNumber,
  VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP,
  vfioIommuType1DirtyBitmap,
  vfioIommuType1DmaUnmap,
} from '../abi';
import type { HostMemory, VfioHost } from '../host/vfio-host';
import { bitmapBytes, DirtyBitmap } from './dirty-bitmap';
import type { Iommu } from './iommu';
import { DONE, kernelFailure, type Outcome, ownFailure, success } from './outcome';

/** Bytes kept behind every bitmap to see whether the kernel writes past its size. */
export const BITMAP_GUARD_BYTES = 64;
const GUARD = 0xa5;

export interface BitmapRequest {
  readonly iova: bigint;
  /** Bytes of address space. */
  readonly size: bigint;
  /** Bytes that one bit stands for. */
  readonly pageSize: bigint;
  /** What bitmap.size says; default: what the range takes, in whole u64 words. The memory is at least as large as the range needs. */
  readonly bitmapBytes?: bigint;
  /** Default: both structures without the bitmap. */
  readonly argsz?: number;
  /** The call's flags; default: GET_BITMAP, or GET_DIRTY_BITMAP for an unmap. */
  readonly flags?: number;
  /** What the pointer says instead of the memory's address, for provoking EFAULT. */
  readonly data?: bigint;
}

/** The kernel's answer, and whether it kept to the memory it was given. */
export interface BitmapAnswer {
  readonly outcome: Outcome<DirtyBitmap>;
  /** First byte past bitmap.size that changed, as an offset in the bitmap's memory; looked at after failures too. */
  readonly overrunAt?: number;
}

export interface UnmapAnswer extends BitmapAnswer {
  /** What the kernel says it unmapped, in bytes; absent when the call failed. */
  readonly unmapped?: bigint;
}

export class DirtyLog {
  constructor(readonly iommu: Iommu) {}

  get host(): VfioHost {
    return this.iommu.host;
  }

  start(): Outcome {
    return this.withFlags(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
  }

  stop(): Outcome {
    return this.withFlags(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP);
  }

  /** VFIO_IOMMU_DIRTY_PAGES without data[], with any flags and argsz: for calls that should be refused. */
  withFlags(flags: number, argsz: number = vfioIommuType1DirtyBitmap.size): Outcome {
    const bytes = new Uint8Array(Math.max(argsz, vfioIommuType1DirtyBitmap.size));
    vfioIommuType1DirtyBitmap.encodeInto(bytes, { argsz, flags }, this.host.facts.byteOrder);
    const result = this.dirtyPages(bytes);
    return result < 0 ? kernelFailure('VFIO_IOMMU_DIRTY_PAGES', result) : DONE;
  }

  /** The bitmap of a range. */
  getBitmap(request: BitmapRequest): BitmapAnswer {
    return this.withMemory(request, (data, size) => {
      const bitmap = { pgsize: request.pageSize, size, data };
      const flags = request.flags ?? VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
      const call = encodeDirtyPagesGet({ flags, get: { iova: request.iova, size: request.size, bitmap } }, this.order);
      const result = this.dirtyPages(this.setArgsz(call, request.argsz));
      return result < 0 ? kernelFailure('VFIO_IOMMU_DIRTY_PAGES', result) : DONE;
    });
  }

  /** Unmaps a range and gets the bitmap of its pages, the last writes included. */
  unmapWithBitmap(request: BitmapRequest): UnmapAnswer {
    let unmapped: bigint | undefined;
    const answer = this.withMemory(request, (data, size) => {
      const bitmap = { pgsize: request.pageSize, size, data };
      const flags = request.flags ?? VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
      const call = encodeUnmapWithBitmap({ flags, iova: request.iova, size: request.size, bitmap }, this.order);
      const sized = this.setArgsz(call, request.argsz);
      const { facts } = this.host;
      const unmap = ioctlNumber('VFIO_IOMMU_UNMAP_DMA', facts.ioctlEncoding);
      const result = this.host.ioctl(this.iommu.container.fd, unmap, sized);
      if (result < 0) {
        return kernelFailure('VFIO_IOMMU_UNMAP_DMA', result);
      }
      this.iommu.unmapped(request.iova, request.size, flags);
      unmapped = vfioIommuType1DmaUnmap.getField(sized, 'size', facts.byteOrder);
      return DONE;
    });
    return unmapped === undefined ? answer : { ...answer, unmapped };
  }

  private get order(): 'little' | 'big' {
    return this.host.facts.byteOrder;
  }

  /** Zeroed bitmap memory with a guard behind it, for one call. */
  private withMemory(request: BitmapRequest, call: (data: bigint, size: bigint) => Outcome): BitmapAnswer {
    const pages = request.pageSize > 0n ? (request.size + request.pageSize - 1n) / request.pageSize : 0n;
    const needed = bitmapBytes(pages);
    const size = request.bitmapBytes ?? needed;
    // Sizes that are too small or somewhat too large are the point of some calls. All of a size is backed by memory, so that a kernel
    // that wrongly accepts it writes over nothing else.
    const most = 2n * this.iommu.limits.maxBitmapBytes;
    if (needed > most || size > most) {
      const bytes = needed > size ? needed : size;
      return { outcome: ownFailure('limit', 'dirty bitmap', `${bytes} bytes; the kit gives up to ${most}`) };
    }
    const backed = Number(size);
    const length = Math.max(backed, Number(needed)) + BITMAP_GUARD_BYTES;
    const memory = this.host.allocate(length);
    if (typeof memory === 'number') {
      return { outcome: kernelFailure('allocate', memory) };
    }
    try {
      const guard = new Uint8Array(length - backed).fill(GUARD);
      this.host.poke(memory, backed, guard);
      const done = call(request.data ?? memory.address, size);
      this.host.peek(memory, backed, guard);
      const changed = guard.findIndex((byte) => byte !== GUARD);
      return {
        outcome: done.ok
          ? success(this.bitmapOf(request, Number(pages), memory, Math.min(backed, Number(needed))))
          : done,
        ...(changed >= 0 ? { overrunAt: backed + changed } : {}),
      };
    } finally {
      this.host.munmap(memory);
    }
  }

  private bitmapOf(request: BitmapRequest, pages: number, memory: HostMemory, length: number): DirtyBitmap {
    const fill = (bytes: Uint8Array) => this.host.peek(memory, 0, bytes.subarray(0, length));
    return DirtyBitmap.filled(request.iova, request.pageSize, pages, fill, this.order);
  }

  private setArgsz(call: Uint8Array, argsz: number | undefined): Uint8Array {
    if (argsz === undefined) {
      return call;
    }
    const bytes = new Uint8Array(Math.max(call.length, argsz));
    bytes.set(call);
    vfioIommuType1DirtyBitmap.setField(bytes, 'argsz', argsz, this.order);
    return bytes;
  }

  private dirtyPages(bytes: Uint8Array): number {
    const request = ioctlNumber('VFIO_IOMMU_DIRTY_PAGES', this.host.facts.ioctlEncoding);
    return this.host.ioctl(this.iommu.container.fd, request, bytes);
  }
}
