/** struct vfio_info_cap_header: stands in front of every capability of an INFO ioctl. */
import { defineLayout, type LayoutValues, u16, u32 } from '../layout';

export const vfioInfoCapHeader = defineLayout(
  'vfio_info_cap_header',
  {
    /** One address space of ids per INFO ioctl. */
    id: u16(0),
    version: u16(2),
    /** Offset of the next header from the start of the INFO buffer; 0 ends the chain. */
    next: u32(4),
  },
  8,
);
export type VfioInfoCapHeader = LayoutValues<typeof vfioInfoCapHeader>;
