/** struct ccw_crw_region of <linux/vfio_ccw.h>: the region of subtype CRW. */
import { defineLayout, u32 } from '../layout';

export const ccwCrwRegion = defineLayout('ccw_crw_region', { crw: u32(0), pad: u32(4) }, 8);
