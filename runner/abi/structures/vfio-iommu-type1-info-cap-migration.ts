/** struct vfio_iommu_type1_info_cap_migration: its presence says that the IOMMU driver logs dirty pages. */
import { defineLayout, type LayoutValues, struct, u32, u64 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';

export const vfioIommuType1InfoCapMigration = defineLayout(
  'vfio_iommu_type1_info_cap_migration',
  {
    header: struct(0, vfioInfoCapHeader),
    flags: u32(8),
    /** One bit for each page size that dirty page logging supports. */
    pgsize_bitmap: u64(16),
    /** Largest bitmap that can be asked for, in bytes. */
    max_dirty_bitmap_size: u64(24),
  },
  32,
);
export type VfioIommuType1InfoCapMigration = LayoutValues<typeof vfioIommuType1InfoCapMigration>;
