/** struct vfio_region_info_cap_nvlink2_ssatgt: no longer provided; only for decoding what an old kernel shows. */
import { defineLayout, struct, u64 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';

export const vfioRegionInfoCapNvlink2Ssatgt = defineLayout(
  'vfio_region_info_cap_nvlink2_ssatgt',
  { header: struct(0, vfioInfoCapHeader), tgt: u64(8) },
  16,
);
