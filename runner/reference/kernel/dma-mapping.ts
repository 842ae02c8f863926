import { DirtyBitmap } from './dirty-bitmap';

/** One VFIO_IOMMU_MAP_DMA (struct vfio_dma). */
export interface DmaMapping {
  readonly iova: bigint;
  vaddr: bigint;
  readonly size: bigint;
  readonly read: boolean;
  readonly write: boolean;
  /** Pinned and mapped into an IOMMU: such pages may be written at any time. */
  readonly iommuMapped: boolean;
  vaddrInvalid: boolean;
  /** Set while logging is on. */
  bitmap?: DirtyBitmap | undefined;
}

/** The mappings of one container, in the order of their addresses, none overlapping another. */
export class DmaMappings {
  private list: DmaMapping[] = [];

  all(): readonly DmaMapping[] {
    return this.list;
  }

  /** vfio_find_dma(): a mapping that overlaps the range; with size 0, one in whose inside `start` lies. */
  find(start: bigint, size: bigint): DmaMapping | undefined {
    return this.list.find((mapping) => start + size > mapping.iova && start < mapping.iova + mapping.size);
  }

  insert(mapping: DmaMapping): void {
    const at = this.list.findIndex((other) => other.iova > mapping.iova);
    if (at === -1) this.list.push(mapping);
    else this.list.splice(at, 0, mapping);
  }

  remove(mapping: DmaMapping): void {
    this.list = this.list.filter((other) => other !== mapping);
  }

  /** True when the range begins or ends inside a mapping. */
  cutBy(iova: bigint, size: bigint): boolean {
    const first = this.find(iova, 1n);
    if (first !== undefined && first.iova !== iova) return true;
    const last = this.find(iova + size - 1n, 0n);
    return last !== undefined && last.iova + last.size !== iova + size;
  }
}

export function pageCount(mapping: DmaMapping, pageSize: bigint): number {
  return Number(mapping.size / pageSize);
}

export function newBitmap(mapping: DmaMapping, pageSize: bigint): DirtyBitmap {
  return new DirtyBitmap(pageCount(mapping, pageSize));
}
