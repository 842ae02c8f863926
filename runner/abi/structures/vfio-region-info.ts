/** struct vfio_region_info: VFIO_DEVICE_GET_REGION_INFO, and the fixed region indexes of the bus drivers. */
import { defineLayout, type LayoutValues, u32, u64 } from '../layout';

export const VFIO_REGION_INFO_FLAG_READ = 1 << 0;
export const VFIO_REGION_INFO_FLAG_WRITE = 1 << 1;
export const VFIO_REGION_INFO_FLAG_MMAP = 1 << 2;
/** cap_offset is valid. */
export const VFIO_REGION_INFO_FLAG_CAPS = 1 << 3;

export const VFIO_REGION_INFO_CAP_SPARSE_MMAP = 1;
export const VFIO_REGION_INFO_CAP_TYPE = 2;
/** A bare header: MSI-X tables inside the BAR may be mapped. */
export const VFIO_REGION_INFO_CAP_MSIX_MAPPABLE = 3;
/** No longer provided by any kernel; the kit treats it as an unknown capability. */
export const VFIO_REGION_INFO_CAP_NVLINK2_SSATGT = 4;
/** No longer provided by any kernel; the kit treats it as an unknown capability. */
export const VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD = 5;

export const VFIO_PCI_BAR0_REGION_INDEX = 0;
export const VFIO_PCI_BAR1_REGION_INDEX = 1;
export const VFIO_PCI_BAR2_REGION_INDEX = 2;
export const VFIO_PCI_BAR3_REGION_INDEX = 3;
export const VFIO_PCI_BAR4_REGION_INDEX = 4;
export const VFIO_PCI_BAR5_REGION_INDEX = 5;
export const VFIO_PCI_ROM_REGION_INDEX = 6;
export const VFIO_PCI_CONFIG_REGION_INDEX = 7;
/** Answers EINVAL on devices without VGA, although it is below num_regions. */
export const VFIO_PCI_VGA_REGION_INDEX = 8;
/** Indexes from here on are device specific and carry a TYPE capability. */
export const VFIO_PCI_NUM_REGIONS = 9;

export const VFIO_CCW_CONFIG_REGION_INDEX = 0;
export const VFIO_CCW_NUM_REGIONS = 1;

export const vfioRegionInfo = defineLayout(
  'vfio_region_info',
  {
    argsz: u32(0),
    flags: u32(4),
    index: u32(8),
    /** Offset of the first capability from the start of this structure; meaningless without FLAG_CAPS. */
    cap_offset: u32(12),
    /** Bytes; 0 for a region that is not implemented. */
    size: u64(16),
    /** From the start of the device's file descriptor. */
    offset: u64(24),
  },
  32,
);
export type VfioRegionInfo = LayoutValues<typeof vfioRegionInfo>;
