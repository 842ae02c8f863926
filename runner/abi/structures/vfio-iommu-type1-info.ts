/** struct vfio_iommu_type1_info: VFIO_IOMMU_GET_INFO, and the ids of its capabilities. */
import { defineLayout, type LayoutValues, u32, u64 } from '../layout';

/** iova_pgsizes is valid. */
export const VFIO_IOMMU_INFO_PGSIZES = 1 << 0;
/** cap_offset is valid. */
export const VFIO_IOMMU_INFO_CAPS = 1 << 1;

export const VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE = 1;
export const VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION = 2;
export const VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL = 3;

export const vfioIommuType1Info = defineLayout(
  'vfio_iommu_type1_info',
  {
    argsz: u32(0),
    flags: u32(4),
    /** One bit for each supported page size. */
    iova_pgsizes: u64(8),
    /** Offset of the first capability from the start of this structure; meaningless without INFO_CAPS. */
    cap_offset: u32(16),
  },
  24,
);
export type VfioIommuType1Info = LayoutValues<typeof vfioIommuType1Info>;
