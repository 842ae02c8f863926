/** struct ccw_io_region of <linux/vfio_ccw.h>: region 0 of a CCW device. */
import { byteArray, defineLayout, u32 } from '../layout';

export const ORB_AREA_SIZE = 12;
export const SCSW_AREA_SIZE = 12;
export const IRB_AREA_SIZE = 96;

export const ccwIoRegion = defineLayout(
  'ccw_io_region',
  {
    orb_area: byteArray(0, ORB_AREA_SIZE),
    scsw_area: byteArray(12, SCSW_AREA_SIZE),
    irb_area: byteArray(24, IRB_AREA_SIZE),
    ret_code: u32(120),
  },
  124,
);
