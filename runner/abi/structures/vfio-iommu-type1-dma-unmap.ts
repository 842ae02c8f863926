/** struct vfio_iommu_type1_dma_unmap: VFIO_IOMMU_UNMAP_DMA; a vfio_bitmap follows it when GET_DIRTY_BITMAP is set. */
import type { ByteOrder } from '../byte-order';
import { defineLayout, type LayoutValues, u32, u64 } from '../layout';
import { type VfioBitmap, vfioBitmap } from './vfio-bitmap';

export const VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP = 1 << 0;
export const VFIO_DMA_UNMAP_FLAG_ALL = 1 << 1;
export const VFIO_DMA_UNMAP_FLAG_VADDR = 1 << 2;

export const vfioIommuType1DmaUnmap = defineLayout(
  'vfio_iommu_type1_dma_unmap',
  {
    argsz: u32(0),
    flags: u32(4),
    iova: u64(8),
    /** Bytes; the kernel answers with what it really unmapped. */
    size: u64(16),
  },
  24,
);
export type VfioIommuType1DmaUnmap = LayoutValues<typeof vfioIommuType1DmaUnmap>;

/** The call with its bitmap in data[]; argsz covers both structures. */
export function encodeUnmapWithBitmap(
  unmap: { readonly flags: number; readonly iova: bigint; readonly size: bigint; readonly bitmap: VfioBitmap },
  order: ByteOrder,
): Uint8Array {
  const bytes = new Uint8Array(vfioIommuType1DmaUnmap.size + vfioBitmap.size);
  const { flags, iova, size } = unmap;
  vfioIommuType1DmaUnmap.encodeInto(bytes, { argsz: bytes.length, flags, iova, size }, order);
  vfioBitmap.encodeInto(bytes, unmap.bitmap, order, vfioIommuType1DmaUnmap.size);
  return bytes;
}
