/** struct vfio_region_info_cap_nvlink2_lnkspd: no longer provided; only for decoding what an old kernel shows. */
import { defineLayout, struct, u32 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';

export const vfioRegionInfoCapNvlink2Lnkspd = defineLayout(
  'vfio_region_info_cap_nvlink2_lnkspd',
  { header: struct(0, vfioInfoCapHeader), link_speed: u32(8), __pad: u32(12) },
  16,
);
