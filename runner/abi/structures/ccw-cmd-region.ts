/** struct ccw_cmd_region of <linux/vfio_ccw.h>: the region of subtype ASYNC_CMD. */
import { defineLayout, u32 } from '../layout';

export const VFIO_CCW_ASYNC_CMD_HSCH = 1 << 0;
export const VFIO_CCW_ASYNC_CMD_CSCH = 1 << 1;

export const ccwCmdRegion = defineLayout('ccw_cmd_region', { command: u32(0), ret_code: u32(4) }, 8);
