/** struct vfio_iommu_type1_dma_map: VFIO_IOMMU_MAP_DMA. */
import { defineLayout, type LayoutValues, u32, u64 } from '../layout';

/** The device may read. */
export const VFIO_DMA_MAP_FLAG_READ = 1 << 0;
/** The device may write. */
export const VFIO_DMA_MAP_FLAG_WRITE = 1 << 1;
export const VFIO_DMA_MAP_FLAG_VADDR = 1 << 2;

export const vfioIommuType1DmaMap = defineLayout(
  'vfio_iommu_type1_dma_map',
  {
    argsz: u32(0),
    flags: u32(4),
    /** Address in the process that makes the call. */
    vaddr: u64(8),
    /** Address that the device uses. */
    iova: u64(16),
    /** Bytes. */
    size: u64(24),
  },
  32,
);
export type VfioIommuType1DmaMap = LayoutValues<typeof vfioIommuType1DmaMap>;
