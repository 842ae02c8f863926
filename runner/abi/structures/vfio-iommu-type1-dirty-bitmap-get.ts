/** struct vfio_iommu_type1_dirty_bitmap_get: the range that a dirty bitmap is asked for. */
import { defineLayout, type LayoutValues, struct, u64 } from '../layout';
import { vfioBitmap } from './vfio-bitmap';

export const vfioIommuType1DirtyBitmapGet = defineLayout(
  'vfio_iommu_type1_dirty_bitmap_get',
  { iova: u64(0), size: u64(8), bitmap: struct(16, vfioBitmap) },
  40,
);
export type VfioIommuType1DirtyBitmapGet = LayoutValues<typeof vfioIommuType1DirtyBitmapGet>;
