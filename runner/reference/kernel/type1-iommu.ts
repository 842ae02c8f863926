import type { ByteOrder } from '../../abi/byte-order';
import { vfioBitmap } from '../../abi/structures/vfio-bitmap';
import {
  VFIO_DMA_CC_IOMMU,
  VFIO_TYPE1_IOMMU,
  VFIO_TYPE1_NESTING_IOMMU,
  VFIO_TYPE1v2_IOMMU,
  VFIO_UNMAP_ALL,
  VFIO_UPDATE_VADDR,
} from '../../abi/structures/vfio-extensions';
import {
  VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP,
  vfioIommuType1DirtyBitmap,
} from '../../abi/structures/vfio-iommu-type1-dirty-bitmap';
import { vfioIommuType1DirtyBitmapGet } from '../../abi/structures/vfio-iommu-type1-dirty-bitmap-get';
import {
  VFIO_DMA_MAP_FLAG_READ,
  VFIO_DMA_MAP_FLAG_VADDR,
  VFIO_DMA_MAP_FLAG_WRITE,
  vfioIommuType1DmaMap,
} from '../../abi/structures/vfio-iommu-type1-dma-map';
import {
  VFIO_DMA_UNMAP_FLAG_ALL,
  VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
  VFIO_DMA_UNMAP_FLAG_VADDR,
  vfioIommuType1DmaUnmap,
} from '../../abi/structures/vfio-iommu-type1-dma-unmap';
import {
  VFIO_IOMMU_INFO_CAPS,
  VFIO_IOMMU_INFO_PGSIZES,
  vfioIommuType1Info,
} from '../../abi/structures/vfio-iommu-type1-info';
import { DirtyLog } from './dirty-log';
import { type DmaMapping, DmaMappings } from './dma-mapping';
import { fail } from './errno';
import type { Capability } from './info-chain';
import { InfoReply } from './info-reply';
import { type GroupBacking, iommuCapabilities } from './iommu-capabilities';
import { inUserSpace, type MemoryStore } from './memory-store';
import type { UserStructure } from './user-structure';

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

/** vfio_iommu_type1: the IOMMU driver behind a container. Its public methods are the hook points of the kernel's faults. */
export class Type1Iommu {
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

  static checkExtension(extension: bigint, iommu: Type1Iommu | undefined): number {
    switch (Number(extension)) {
      case VFIO_TYPE1_IOMMU:
      case VFIO_TYPE1v2_IOMMU:
      case VFIO_TYPE1_NESTING_IOMMU:
      case VFIO_UNMAP_ALL:
        return 1;
      case VFIO_UPDATE_VADDR:
        return iommu !== undefined && !iommu.groups.some((group) => group.mediated) ? 1 : 0;
      case VFIO_DMA_CC_IOMMU:
        return iommu !== undefined ? 1 : 0;
      default:
        return 0;
    }
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

  capabilities(): Capability[] {
    return iommuCapabilities(this);
  }

  getInfo(structure: UserStructure): number {
    const { fields } = vfioIommuType1Info;
    const layout = {
      minimum: 16,
      size: vfioIommuType1Info.size,
      capOffsetAt: fields.cap_offset.offset,
      capsFlag: VFIO_IOMMU_INFO_CAPS,
      clearsOffset: true,
    };
    if (structure.u32(0) < layout.minimum) return fail('EINVAL');
    return this.writeInfo(structure, new InfoReply(layout, this.capabilities()));
  }

  writeInfo(structure: UserStructure, reply: InfoReply): number {
    const { fields } = vfioIommuType1Info;
    structure.setU32(fields.flags.offset, reply.flags(VFIO_IOMMU_INFO_PGSIZES));
    structure.setU64(fields.iova_pgsizes.offset, this.pageSizes());
    reply.write(structure);
    return 0;
  }

  mapDma(structure: UserStructure): number {
    const { size: minimum, fields } = vfioIommuType1DmaMap;
    const known = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE | VFIO_DMA_MAP_FLAG_VADDR;
    const flags = structure.u32(fields.flags.offset);
    if (structure.u32(0) < minimum || (flags & ~known) !== 0) return fail('EINVAL');
    return this.map(
      structure.u64(fields.vaddr.offset),
      structure.u64(fields.iova.offset),
      structure.u64(fields.size.offset),
      flags,
    );
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

  unmapDma(structure: UserStructure): number {
    const { size: minimum, fields } = vfioIommuType1DmaUnmap;
    const known = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_VADDR | VFIO_DMA_UNMAP_FLAG_ALL;
    const argsz = structure.u32(0);
    const flags = structure.u32(fields.flags.offset);
    if (argsz < minimum || (flags & ~known) !== 0) return fail('EINVAL');
    const withBitmap = (flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) !== 0;
    if (withBitmap && flags !== VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) return fail('EINVAL');
    const bitmap = this.readBitmap(structure, minimum);
    const size = structure.u64(fields.size.offset);
    if (withBitmap) {
      const refused = this.checkUnmapBitmap(argsz, size, bitmap);
      if (refused < 0) return refused;
    }
    const answer = this.unmap({ iova: structure.u64(fields.iova.offset), size, flags, bitmap });
    if (typeof answer === 'number') return answer;
    structure.setU64(fields.size.offset, answer);
    return 0;
  }

  checkUnmapBitmap(argsz: number, size: bigint, bitmap: { pgsize: bigint; size: bigint; data: bigint }): number {
    if (argsz < vfioIommuType1DmaUnmap.size + vfioBitmap.size) return fail('EINVAL');
    if (!inUserSpace(bitmap.data, bitmap.size)) return fail('EINVAL');
    return this.bitmapSizeFits(size, bitmap) ? 0 : fail('EINVAL');
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

  dirtyPages(structure: UserStructure): number {
    if (!this.v2) return fail('EACCES');
    const { fields, size: minimum } = vfioIommuType1DirtyBitmap;
    const argsz = structure.u32(0);
    if (argsz < minimum) return fail('EINVAL');
    switch (this.dirtyOperation(structure.u32(fields.flags.offset))) {
      case 'start':
        return this.log.start();
      case 'stop':
        return this.log.stop();
      case 'get':
        return this.getDirtyBitmap(structure, argsz - minimum);
      default:
        return fail('EINVAL');
    }
  }

  /** Which operation the flags ask for: exactly one must be set. */
  dirtyOperation(flags: number): 'start' | 'stop' | 'get' | undefined {
    if (flags === VFIO_IOMMU_DIRTY_PAGES_FLAG_START) return 'start';
    if (flags === VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP) return 'stop';
    if (flags === VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP) return 'get';
    return undefined;
  }

  getDirtyBitmap(structure: UserStructure, dataSize: number): number {
    if (!this.getArgszFits(dataSize)) return fail('EINVAL');
    const at = vfioIommuType1DirtyBitmap.size;
    const { fields } = vfioIommuType1DirtyBitmapGet;
    const iova = structure.u64(at + fields.iova.offset);
    const size = structure.u64(at + fields.size.offset);
    const bitmap = this.readBitmap(structure, at + fields.bitmap.offset);
    if (iova + size >= U64) return fail('EINVAL');
    if (!inUserSpace(bitmap.data, bitmap.size)) return fail('EINVAL');
    if (!this.bitmapSizeFits(size, bitmap)) return fail('EINVAL');
    if (!this.dirtyRangeValid(iova, size, bitmap.pgsize)) return fail('EINVAL');
    return this.log.getBitmap(iova, size, bitmap.data);
  }

  getArgszFits(dataSize: number): boolean {
    return dataSize >= vfioIommuType1DirtyBitmapGet.size;
  }

  bitmapSizeFits(size: bigint, bitmap: { pgsize: bigint; size: bigint }): boolean {
    const page = bitmap.pgsize & -bitmap.pgsize;
    return page !== 0n && this.log.sizeFits(size / page, bitmap.size);
  }

  /** Only the smallest page size, and a range of whole pages. */
  dirtyRangeValid(iova: bigint, size: bigint, pgsize: bigint): boolean {
    const pageSize = this.smallestPage();
    return pgsize === pageSize && (iova & (pageSize - 1n)) === 0n && size !== 0n && (size & (pageSize - 1n)) === 0n;
  }

  private readBitmap(structure: UserStructure, at: number): { pgsize: bigint; size: bigint; data: bigint } {
    const { fields } = vfioBitmap;
    return {
      pgsize: structure.u64(at + fields.pgsize.offset),
      size: structure.u64(at + fields.size.offset),
      data: structure.u64(at + fields.data.offset),
    };
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
