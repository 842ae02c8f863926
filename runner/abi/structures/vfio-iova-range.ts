/** struct vfio_iova_range: addresses that may be mapped, both ends included. */
import { defineLayout, type LayoutValues, u64 } from '../layout';

export const vfioIovaRange = defineLayout('vfio_iova_range', { start: u64(0), end: u64(8) }, 16);
export type VfioIovaRange = LayoutValues<typeof vfioIovaRange>;
