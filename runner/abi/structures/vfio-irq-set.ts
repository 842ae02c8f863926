/** struct vfio_irq_set: VFIO_DEVICE_SET_IRQS; booleans or eventfds follow it. */
import type { ByteOrder } from '../byte-order';
import { defineLayout, type LayoutValues, u32 } from '../layout';

export const VFIO_IRQ_SET_DATA_NONE = 1 << 0;
export const VFIO_IRQ_SET_DATA_BOOL = 1 << 1;
export const VFIO_IRQ_SET_DATA_EVENTFD = 1 << 2;
export const VFIO_IRQ_SET_ACTION_MASK = 1 << 3;
export const VFIO_IRQ_SET_ACTION_UNMASK = 1 << 4;
export const VFIO_IRQ_SET_ACTION_TRIGGER = 1 << 5;
export const VFIO_IRQ_SET_DATA_TYPE_MASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_DATA_EVENTFD;
export const VFIO_IRQ_SET_ACTION_TYPE_MASK =
  VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_ACTION_TRIGGER;

export const vfioIrqSet = defineLayout(
  'vfio_irq_set',
  { argsz: u32(0), flags: u32(4), index: u32(8), start: u32(12), count: u32(16) },
  20,
);
export type VfioIrqSet = LayoutValues<typeof vfioIrqSet>;

/** A whole call with eventfds in data[] (-1 takes one away); argsz and count are filled in. */
export function encodeIrqSetEventfds(
  set: { readonly flags: number; readonly index: number; readonly start: number; readonly eventfds: readonly number[] },
  order: ByteOrder,
): Uint8Array {
  const bytes = new Uint8Array(vfioIrqSet.size + 4 * set.eventfds.length);
  const { flags, index, start } = set;
  vfioIrqSet.encodeInto(bytes, { argsz: bytes.length, flags, index, start, count: set.eventfds.length }, order);
  const view = new DataView(bytes.buffer);
  set.eventfds.forEach((fd, n) => {
    if (!Number.isInteger(fd) || fd < -1 || fd > 0x7fff_ffff) {
      throw new RangeError(`vfio_irq_set.data[${n}]: takes an eventfd or -1, not ${fd}`);
    }
    view.setInt32(vfioIrqSet.size + 4 * n, fd, order === 'little');
  });
  return bytes;
}
