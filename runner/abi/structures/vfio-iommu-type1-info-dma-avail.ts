/** struct vfio_iommu_type1_info_dma_avail: how many more mappings are allowed now. */
import { defineLayout, type LayoutValues, struct, u32 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';

export const vfioIommuType1InfoDmaAvail = defineLayout(
  'vfio_iommu_type1_info_dma_avail',
  { header: struct(0, vfioInfoCapHeader), avail: u32(8) },
  12,
);
export type VfioIommuType1InfoDmaAvail = LayoutValues<typeof vfioIommuType1InfoDmaAvail>;
