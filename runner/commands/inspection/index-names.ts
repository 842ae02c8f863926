/** Names of the fixed region and interrupt indexes, by the bus that the device says it is on. */
import {
  VFIO_CCW_CONFIG_REGION_INDEX,
  VFIO_CCW_CRW_IRQ_INDEX,
  VFIO_CCW_IO_IRQ_INDEX,
  VFIO_CCW_REQ_IRQ_INDEX,
  VFIO_DEVICE_FLAGS_CCW,
  VFIO_DEVICE_FLAGS_PCI,
  VFIO_PCI_BAR0_REGION_INDEX,
  VFIO_PCI_BAR1_REGION_INDEX,
  VFIO_PCI_BAR2_REGION_INDEX,
  VFIO_PCI_BAR3_REGION_INDEX,
  VFIO_PCI_BAR4_REGION_INDEX,
  VFIO_PCI_BAR5_REGION_INDEX,
  VFIO_PCI_CONFIG_REGION_INDEX,
  VFIO_PCI_ERR_IRQ_INDEX,
  VFIO_PCI_INTX_IRQ_INDEX,
  VFIO_PCI_MSI_IRQ_INDEX,
  VFIO_PCI_MSIX_IRQ_INDEX,
  VFIO_PCI_REQ_IRQ_INDEX,
  VFIO_PCI_ROM_REGION_INDEX,
  VFIO_PCI_VGA_REGION_INDEX,
} from '../../abi';

type Names = ReadonlyMap<number, string>;

const PCI_REGIONS: Names = new Map([
  [VFIO_PCI_BAR0_REGION_INDEX, 'bar0'],
  [VFIO_PCI_BAR1_REGION_INDEX, 'bar1'],
  [VFIO_PCI_BAR2_REGION_INDEX, 'bar2'],
  [VFIO_PCI_BAR3_REGION_INDEX, 'bar3'],
  [VFIO_PCI_BAR4_REGION_INDEX, 'bar4'],
  [VFIO_PCI_BAR5_REGION_INDEX, 'bar5'],
  [VFIO_PCI_ROM_REGION_INDEX, 'rom'],
  [VFIO_PCI_CONFIG_REGION_INDEX, 'config'],
  [VFIO_PCI_VGA_REGION_INDEX, 'vga'],
]);
const CCW_REGIONS: Names = new Map([[VFIO_CCW_CONFIG_REGION_INDEX, 'config']]);
const PCI_IRQS: Names = new Map([
  [VFIO_PCI_INTX_IRQ_INDEX, 'intx'],
  [VFIO_PCI_MSI_IRQ_INDEX, 'msi'],
  [VFIO_PCI_MSIX_IRQ_INDEX, 'msix'],
  [VFIO_PCI_ERR_IRQ_INDEX, 'err'],
  [VFIO_PCI_REQ_IRQ_INDEX, 'req'],
]);
const CCW_IRQS: Names = new Map([
  [VFIO_CCW_IO_IRQ_INDEX, 'io'],
  [VFIO_CCW_CRW_IRQ_INDEX, 'crw'],
  [VFIO_CCW_REQ_IRQ_INDEX, 'req'],
]);

/** `flags` are those of VFIO_DEVICE_GET_INFO. */
export function regionNames(flags: number): Names {
  return pick(flags, PCI_REGIONS, CCW_REGIONS);
}

export function irqNames(flags: number): Names {
  return pick(flags, PCI_IRQS, CCW_IRQS);
}

function pick(flags: number, pci: Names, ccw: Names): Names {
  if ((flags & VFIO_DEVICE_FLAGS_PCI) !== 0) return pci;
  return (flags & VFIO_DEVICE_FLAGS_CCW) !== 0 ? ccw : new Map();
}
