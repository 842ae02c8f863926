import type { ByteOrder } from '../../abi/byte-order';
import {
  VFIO_DMA_MAP_FLAG_READ,
  VFIO_DMA_MAP_FLAG_VADDR,
  VFIO_DMA_MAP_FLAG_WRITE,
} from '../../abi/structures/vfio-iommu-type1-dma-map';
import {
  VFIO_DMA_UNMAP_FLAG_ALL,
  VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
  VFIO_DMA_UNMAP_FLAG_VADDR,
} from '../../abi/structures/vfio-iommu-type1-dma-unmap';
import { DirtyLog } from './dirty-log';
import { type DmaMapping, DmaMappings } from './dma-mapping';
import { fail } from './errno';
import type { GroupBacking } from './iommu-capabilities';
import { inUserSpace, type MemoryStore } from './memory-store';

const U64 = 1n << 64n;

export interface Type1Options {
  readonly order: ByteOrder;
  /** Bytes of a CPU page. */
  readonly pageSize: number;
  readonly memory: MemoryStore;
  /** The module parameter dma_entry_limit. */
  readonly entryLimit: number;
}

/** One unmap request, its arguments already checked for shape. */
export interface UnmapRequest {
  readonly iova: bigint;
  readonly size: bigint;
  readonly flags: number;
  readonly bitmap: { readonly pgsize: bigint; readonly data: bigint };
}

/** The mappings of a container: what MAP_DMA and UNMAP_DMA do once their arguments have been taken apart. */
export class Type1Mappings {
  readonly mappings = new DmaMappings();
  readonly log: DirtyLog;
  readonly groups: GroupBacking[] = [];
  private available: number;

  constructor(
    readonly options: Type1Options,
    readonly v2: boolean,
  ) {
    this.available = options.entryLimit;
    this.log = new DirtyLog({
      order: options.order,
      memory: options.memory,
      mappings: this.mappings,
      pageSize: () => this.smallestPage(),
      unseenWriters: () => this.iommuBacked(),
    });
  }

  attach(group: GroupBacking): void {
    this.groups.push(group);
  }

  detach(group: GroupBacking): void {
    this.groups.splice(this.groups.indexOf(group), 1);
  }

  /** True when a device of the container is behind an IOMMU: its mappings are pinned and may be written at any time. */
  iommuBacked(): boolean {
    return this.groups.some((group) => !group.mediated);
  }

  /** Supported page sizes, one bit each: those that every IOMMU of the container has. */
  pageSizes(): bigint {
    const smallest = BigInt(this.options.pageSize);
    const own = U64 - smallest;
    return this.groups.reduce((sizes, group) => (group.mediated ? sizes : sizes & group.pageSizes), own);
  }

  smallestPage(): bigint {
    const sizes = this.pageSizes();
    return sizes & -sizes;
  }

  /** DMA_AVAIL: how many mappings may still be made. */
  avail(): number {
    return this.available;
  }

  map(vaddr: bigint, iova: bigint, size: bigint, flags: number): number {
    const access = flags & (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
    const renew = (flags & VFIO_DMA_MAP_FLAG_VADDR) !== 0;
    if ((access !== 0) === renew) return fail('EINVAL');
    if (size === 0n || ((size | iova | vaddr) & (this.smallestPage() - 1n)) !== 0n) return fail('EINVAL');
    if (iova + size > U64 || vaddr + size > U64) return fail('EINVAL');
    const found = this.mappings.find(iova, size);
    if (renew) return found === undefined ? fail('ENOENT') : this.renewAddress(found, vaddr, iova, size);
    if (found !== undefined) return fail('EEXIST');
    if (this.avail() === 0) return fail('ENOSPC');
    if (!this.addressesValid(iova, size)) return fail('EINVAL');
    return this.insert({
      iova,
      vaddr,
      size,
      read: (access & VFIO_DMA_MAP_FLAG_READ) !== 0,
      write: (access & VFIO_DMA_MAP_FLAG_WRITE) !== 0,
      iommuMapped: this.iommuBacked(),
      vaddrInvalid: false,
    });
  }

  /** Whether a range lies in one of the ranges that IOVA_RANGE reports; a container of mediated devices alone has none. */
  addressesValid(iova: bigint, size: bigint): boolean {
    const ranges = this.iovaRanges();
    return ranges.length === 0 || ranges.some((range) => iova >= range.start && iova + size - 1n <= range.end);
  }

  iovaRanges(): readonly { readonly start: bigint; readonly end: bigint }[] {
    return this.groups.find((group) => !group.mediated)?.iovaRanges ?? [];
  }

  /** The bytes unmapped, or -errno. */
  unmap(request: UnmapRequest): bigint | number {
    const pageSize = this.smallestPage();
    const all = (request.flags & VFIO_DMA_UNMAP_FLAG_ALL) !== 0;
    const withBitmap = (request.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) !== 0;
    const { iova } = request;
    if ((iova & (pageSize - 1n)) !== 0n) return fail('EINVAL');
    if (all && (iova !== 0n || request.size !== 0n)) return fail('EINVAL');
    const size = all ? U64 : request.size;
    if (!all && (size === 0n || (size & (pageSize - 1n)) !== 0n || iova + size > U64)) return fail('EINVAL');
    if (withBitmap && (!this.log.enabled || request.bitmap.pgsize !== pageSize)) return fail('EINVAL');
    if ((request.flags & VFIO_DMA_UNMAP_FLAG_VADDR) !== 0) return this.invalidateAddresses(iova, size);
    if (this.v2 && !all && this.mappings.cutBy(iova, size)) return fail('EINVAL');
    let unmapped = 0n;
    for (const mapping of [...this.mappings.all()]) {
      if (mapping.iova + mapping.size <= iova) continue;
      if (mapping.iova >= iova + size) break;
      if (!this.v2 && mapping.iova < iova) break;
      if (withBitmap) {
        const result = this.log.copyBitmap(mapping, iova, request.bitmap.data);
        if (result < 0) return result;
      }
      this.remove(mapping);
      unmapped += mapping.size;
    }
    return unmapped;
  }

  remove(mapping: DmaMapping): void {
    this.mappings.remove(mapping);
    this.available++;
  }

  /** VFIO_DMA_MAP_FLAG_VADDR: a mapping whose address was given up gets a new one. */
  private renewAddress(mapping: DmaMapping, vaddr: bigint, iova: bigint, size: bigint): number {
    if (!mapping.vaddrInvalid || mapping.iova !== iova || mapping.size !== size) return fail('EINVAL');
    mapping.vaddr = vaddr;
    mapping.vaddrInvalid = false;
    return 0;
  }

  private invalidateAddresses(iova: bigint, size: bigint): bigint | number {
    if (this.groups.some((group) => group.mediated)) return fail('EBUSY');
    if (this.v2 && size !== U64 && this.mappings.cutBy(iova, size)) return fail('EINVAL');
    const inside = this.mappings.all().filter((mapping) => mapping.iova >= iova && mapping.iova < iova + size);
    if (inside.some((mapping) => mapping.vaddrInvalid)) return fail('EINVAL');
    for (const mapping of inside) mapping.vaddrInvalid = true;
    return inside.reduce((sum, mapping) => sum + mapping.size, 0n);
  }

  private insert(mapping: DmaMapping): number {
    const { memory } = this.options;
    if (mapping.iommuMapped && !inUserSpace(mapping.vaddr, mapping.size)) return fail('EFAULT');
    if (mapping.iommuMapped && memory.at(mapping.vaddr, Number(mapping.size)) === undefined) return fail('EFAULT');
    this.mappings.insert(mapping);
    this.available--;
    const result = this.log.mapped(mapping);
    if (result < 0) this.remove(mapping);
    return result;
  }
}
