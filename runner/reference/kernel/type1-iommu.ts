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
import { fail } from './errno';
import type { Capability } from './info-chain';
import { InfoReply } from './info-reply';
import { iommuCapabilities } from './iommu-capabilities';
import { inUserSpace } from './memory-store';
import { Type1Mappings } from './type1-mappings';
import type { UserStructure } from './user-structure';

const U64 = 1n << 64n;

/**
 * vfio_iommu_type1: the IOMMU driver behind a container, with the ioctls' own rules for argsz, flags and sizes. Its public methods, and those of
 * its mappings and its log, are the hook points of the kernel's faults.
 */
export class Type1Iommu extends Type1Mappings {
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
}
