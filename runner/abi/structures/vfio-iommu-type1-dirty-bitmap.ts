/** struct vfio_iommu_type1_dirty_bitmap: VFIO_IOMMU_DIRTY_PAGES; a vfio_iommu_type1_dirty_bitmap_get follows it for GET_BITMAP. */
import type { ByteOrder } from '../byte-order';
import { defineLayout, type LayoutValues, u32 } from '../layout';
import { type VfioIommuType1DirtyBitmapGet, vfioIommuType1DirtyBitmapGet } from './vfio-iommu-type1-dirty-bitmap-get';

export const VFIO_IOMMU_DIRTY_PAGES_FLAG_START = 1 << 0;
export const VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP = 1 << 1;
export const VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP = 1 << 2;

export const vfioIommuType1DirtyBitmap = defineLayout(
  'vfio_iommu_type1_dirty_bitmap',
  { argsz: u32(0), flags: u32(4) },
  8,
);
export type VfioIommuType1DirtyBitmap = LayoutValues<typeof vfioIommuType1DirtyBitmap>;

/** The call with its GET structure in data[]; argsz covers both structures (48 bytes) and not the bitmap. */
export function encodeDirtyPagesGet(
  call: { readonly flags: number; readonly get: VfioIommuType1DirtyBitmapGet },
  order: ByteOrder,
): Uint8Array {
  const bytes = new Uint8Array(vfioIommuType1DirtyBitmap.size + vfioIommuType1DirtyBitmapGet.size);
  vfioIommuType1DirtyBitmap.encodeInto(bytes, { argsz: bytes.length, flags: call.flags }, order);
  vfioIommuType1DirtyBitmapGet.encodeInto(bytes, call.get, order, vfioIommuType1DirtyBitmap.size);
  return bytes;
}
