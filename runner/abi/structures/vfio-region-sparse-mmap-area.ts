/** struct vfio_region_sparse_mmap_area: one part of a region that may be mapped. */
import { defineLayout, type LayoutValues, u64 } from '../layout';

export const vfioRegionSparseMmapArea = defineLayout(
  'vfio_region_sparse_mmap_area',
  {
    /** Bytes from the start of the region. */
    offset: u64(0),
    size: u64(8),
  },
  16,
);
export type VfioRegionSparseMmapArea = LayoutValues<typeof vfioRegionSparseMmapArea>;
