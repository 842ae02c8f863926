/** struct vfio_group_status: VFIO_GROUP_GET_STATUS. */
import { defineLayout, type LayoutValues, u32 } from '../layout';

/** Every device of the group is bound to a VFIO driver or to none. */
export const VFIO_GROUP_FLAGS_VIABLE = 1 << 0;
export const VFIO_GROUP_FLAGS_CONTAINER_SET = 1 << 1;

export const vfioGroupStatus = defineLayout('vfio_group_status', { argsz: u32(0), flags: u32(4) }, 8);
export type VfioGroupStatus = LayoutValues<typeof vfioGroupStatus>;
