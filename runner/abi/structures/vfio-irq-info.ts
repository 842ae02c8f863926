/** struct vfio_irq_info: VFIO_DEVICE_GET_IRQ_INFO, and the fixed IRQ indexes of the bus drivers. */
import { defineLayout, type LayoutValues, u32 } from '../layout';

export const VFIO_IRQ_INFO_EVENTFD = 1 << 0;
export const VFIO_IRQ_INFO_MASKABLE = 1 << 1;
export const VFIO_IRQ_INFO_AUTOMASKED = 1 << 2;
export const VFIO_IRQ_INFO_NORESIZE = 1 << 3;

export const VFIO_PCI_INTX_IRQ_INDEX = 0;
export const VFIO_PCI_MSI_IRQ_INDEX = 1;
export const VFIO_PCI_MSIX_IRQ_INDEX = 2;
export const VFIO_PCI_ERR_IRQ_INDEX = 3;
export const VFIO_PCI_REQ_IRQ_INDEX = 4;
export const VFIO_PCI_NUM_IRQS = 5;

export const VFIO_CCW_IO_IRQ_INDEX = 0;
export const VFIO_CCW_CRW_IRQ_INDEX = 1;
export const VFIO_CCW_REQ_IRQ_INDEX = 2;
export const VFIO_CCW_NUM_IRQS = 3;

export const vfioIrqInfo = defineLayout(
  'vfio_irq_info',
  {
    argsz: u32(0),
    flags: u32(4),
    index: u32(8),
    /** Number of interrupts of this index; 0 where the type is not implemented. */
    count: u32(12),
  },
  16,
);
export type VfioIrqInfo = LayoutValues<typeof vfioIrqInfo>;
