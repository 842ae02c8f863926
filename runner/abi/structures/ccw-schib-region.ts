/** struct ccw_schib_region of <linux/vfio_ccw.h>: the region of subtype SCHIB. */
import { byteArray, defineLayout } from '../layout';

export const SCHIB_AREA_SIZE = 52;

export const ccwSchibRegion = defineLayout('ccw_schib_region', { schib_area: byteArray(0, SCHIB_AREA_SIZE) }, 52);
