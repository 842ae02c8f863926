/** struct vfio_bitmap: where a dirty bitmap is to be written. */
import { defineLayout, type LayoutValues, u64 } from '../layout';

export const vfioBitmap = defineLayout(
  'vfio_bitmap',
  {
    /** Bytes that one bit stands for. */
    pgsize: u64(0),
    /** Bytes of bitmap memory: whole u64 words. */
    size: u64(8),
    /** Address of zeroed memory in the process that makes the call. */
    data: u64(16),
  },
  24,
);
export type VfioBitmap = LayoutValues<typeof vfioBitmap>;
