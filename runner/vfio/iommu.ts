/** The type1 IOMMU behind a container: information, mappings, and addresses for them. */
import {
  ioctlNumber,
  VFIO_DMA_MAP_FLAG_READ,
  VFIO_DMA_MAP_FLAG_WRITE,
  VFIO_DMA_UNMAP_FLAG_ALL,
  VFIO_DMA_UNMAP_FLAG_VADDR,
  vfioIommuType1DmaMap,
  vfioIommuType1DmaUnmap,
} from '../abi';
import type { HostMemory, VfioHost } from '../host/vfio-host';
import type { Container } from './container';
import { type InfoRound, infoOnce } from './info-call';
import { IOMMU_INFO, type IommuInfo, readIommuInfo, smallestPageSize } from './iommu-info';
import { DEFAULT_RANGES, findIova } from './iova-allocator';
import { DEFAULT_LIMITS, type Limits } from './limits';
import { kernelFailure, type Outcome, ownFailure, success } from './outcome';

/** A mapping that the kernel accepted. */
export interface Mapping {
  readonly iova: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** The memory behind it, where `allocate` made it. */
  readonly memory?: HostMemory;
}

export interface AllocatedMapping extends Mapping {
  readonly memory: HostMemory;
}

export interface MapRequest {
  /** Address in the process that makes the calls. */
  readonly vaddr: bigint;
  readonly iova: bigint;
  readonly size: bigint;
  /** VFIO_DMA_MAP_FLAG_*; default READ | WRITE. */
  readonly flags?: number;
  /** Default: the structure's size. */
  readonly argsz?: number;
}

export interface AllocateOptions {
  /** Bytes, a power of two; default: the page size. */
  readonly alignment?: bigint;
  /** First address that the device cannot reach. */
  readonly below?: bigint;
  /** Take this address instead of looking for one. */
  readonly iova?: bigint;
  readonly flags?: number;
}

export class Iommu {
  private readonly byIova = new Map<bigint, Mapping>();
  private readonly memory = new Set<HostMemory>();

  constructor(
    readonly container: Container,
    readonly limits: Limits = DEFAULT_LIMITS,
  ) {}

  get host(): VfioHost {
    return this.container.host;
  }

  /** Mappings made through this object and not yet unmapped, by address. */
  get mappings(): readonly Mapping[] {
    return [...this.byIova.values()].sort((a, b) => (a.iova < b.iova ? -1 : 1));
  }

  /** Asks anew on every call: DMA_AVAIL and the ranges change. */
  info(): Outcome<IommuInfo> {
    return readIommuInfo(this.host, this.container.fd, this.limits);
  }

  infoWithArgsz(argsz: number): Outcome<InfoRound> {
    return infoOnce(this.host, this.container.fd, IOMMU_INFO, argsz, {});
  }

  /** VFIO_IOMMU_MAP_DMA with exactly these values. */
  map(request: MapRequest): Outcome<Mapping> {
    const { iova, size, vaddr } = request;
    const flags = request.flags ?? VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
    const argsz = request.argsz ?? vfioIommuType1DmaMap.size;
    const call = vfioIommuType1DmaMap.encode({ argsz, flags, vaddr, iova, size }, this.host.facts.byteOrder);
    const result = this.ioctl('VFIO_IOMMU_MAP_DMA', call);
    if (result < 0) {
      return kernelFailure('VFIO_IOMMU_MAP_DMA', result);
    }
    const mapping = { iova, size };
    this.byIova.set(iova, mapping);
    return success(mapping);
  }

  /**
   * New zeroed memory of `size` bytes (rounded up to pages), mapped at a free address. The memory outlives the mapping, so that it can
   * still be looked at after an unmap; `release` or `close` frees it.
   */
  allocate(size: bigint, options: AllocateOptions = {}): Outcome<AllocatedMapping> {
    const info = this.info();
    if (!info.ok) {
      return info;
    }
    const page = this.pageSize(info.value);
    const whole = ((size + page - 1n) / page) * page;
    if (whole <= 0n || whole > this.limits.maxMappingBytes) {
      return ownFailure('limit', 'allocate', `${size} bytes; the kit maps 1 to ${this.limits.maxMappingBytes}`);
    }
    const iova = options.iova === undefined ? this.findIova(info.value, whole, page, options) : success(options.iova);
    if (!iova.ok) {
      return iova;
    }
    const memory = this.host.allocate(Number(whole));
    if (typeof memory === 'number') {
      return kernelFailure('allocate', memory);
    }
    const request = { vaddr: memory.address, iova: iova.value, size: whole };
    const mapped = this.map(options.flags === undefined ? request : { ...request, flags: options.flags });
    if (!mapped.ok) {
      this.host.munmap(memory);
      return mapped;
    }
    const mapping = { iova: iova.value, size: whole, memory };
    this.byIova.set(mapping.iova, mapping);
    this.memory.add(memory);
    return success(mapping);
  }

  /** VFIO_IOMMU_UNMAP_DMA with exactly these values; gives the number of bytes that the kernel says it unmapped. */
  unmap(iova: bigint, size: bigint, flags = 0): Outcome<bigint> {
    const order = this.host.facts.byteOrder;
    const argsz = vfioIommuType1DmaUnmap.size;
    const call = vfioIommuType1DmaUnmap.encode({ argsz, flags, iova, size }, order);
    const result = this.ioctl('VFIO_IOMMU_UNMAP_DMA', call);
    if (result < 0) {
      return kernelFailure('VFIO_IOMMU_UNMAP_DMA', result);
    }
    this.unmapped(iova, size, flags);
    return success(vfioIommuType1DmaUnmap.getField(call, 'size', order));
  }

  /** Unmaps one allocated mapping, where it still is one, and frees its memory. */
  release(mapping: AllocatedMapping): Outcome<bigint> {
    const current = this.byIova.get(mapping.iova)?.memory === mapping.memory;
    const done = current ? this.unmap(mapping.iova, mapping.size) : success(0n);
    if (done.ok && this.memory.delete(mapping.memory)) {
      this.host.munmap(mapping.memory);
    }
    return done;
  }

  /** Unmaps everything made through this object; every one is tried, the first failure is what comes back. */
  unmapAll(): Outcome<bigint> {
    let total = 0n;
    let failure: Outcome<bigint> | undefined;
    for (const mapping of this.mappings) {
      const done = this.unmap(mapping.iova, mapping.size);
      if (done.ok) {
        total += done.value;
      } else {
        failure ??= done;
      }
    }
    return failure ?? success(total);
  }

  /** Unmaps everything and frees all memory. The container stays open: it is its opener's. */
  close(): Outcome<bigint> {
    const done = this.unmapAll();
    this.byIova.clear();
    for (const memory of this.memory) {
      this.host.munmap(memory);
    }
    this.memory.clear();
    return done;
  }

  /** Notes that the kernel unmapped a range (called by dirty-log.ts, whose unmap is another call). */
  unmapped(iova: bigint, size: bigint, flags: number): void {
    if ((flags & VFIO_DMA_UNMAP_FLAG_VADDR) !== 0) {
      return;
    }
    const everything = (flags & VFIO_DMA_UNMAP_FLAG_ALL) !== 0;
    for (const mapping of this.mappings) {
      if (everything || (mapping.iova >= iova && mapping.iova + mapping.size <= iova + size)) {
        this.byIova.delete(mapping.iova);
      }
    }
  }

  /** Bytes of the smallest page that can be mapped and that the host has. */
  pageSize(info: IommuInfo): bigint {
    const host = BigInt(this.host.facts.pageSize);
    const smallest = smallestPageSize(info.pageSizes);
    return smallest > host ? smallest : host;
  }

  private findIova(info: IommuInfo, size: bigint, page: bigint, options: AllocateOptions): Outcome<bigint> {
    const alignment = options.alignment !== undefined && options.alignment > page ? options.alignment : page;
    const below = options.below === undefined ? {} : { below: options.below };
    const taken = this.mappings.map((mapping) => ({ start: mapping.iova, end: mapping.iova + mapping.size - 1n }));
    return findIova({ size, alignment, ...below }, info.iovaRanges ?? DEFAULT_RANGES, taken);
  }

  private ioctl(name: 'VFIO_IOMMU_MAP_DMA' | 'VFIO_IOMMU_UNMAP_DMA', argument: Uint8Array): number {
    return this.host.ioctl(this.container.fd, ioctlNumber(name, this.host.facts.ioctlEncoding), argument);
  }
}
