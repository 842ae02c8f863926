import { VFIO_DEVICE_FLAGS_PCI } from '../../abi/structures/vfio-device-info';
import {
  VFIO_IRQ_INFO_AUTOMASKED,
  VFIO_IRQ_INFO_EVENTFD,
  VFIO_IRQ_INFO_MASKABLE,
  VFIO_IRQ_INFO_NORESIZE,
  VFIO_PCI_ERR_IRQ_INDEX,
  VFIO_PCI_INTX_IRQ_INDEX,
  VFIO_PCI_MSI_IRQ_INDEX,
  VFIO_PCI_MSIX_IRQ_INDEX,
  VFIO_PCI_REQ_IRQ_INDEX,
} from '../../abi/structures/vfio-irq-info';
import {
  VFIO_PCI_BAR0_REGION_INDEX,
  VFIO_PCI_CONFIG_REGION_INDEX,
  VFIO_PCI_NUM_REGIONS,
  VFIO_PCI_VGA_REGION_INDEX,
} from '../../abi/structures/vfio-region-info';
import type { Capability } from '../kernel/info-chain';
import { CONFIG_SIZE } from './config-space';
import type { Presentation } from './device-information';
import type { IrqIndex } from './interrupt-control';
import type { PersonalityParts } from './personality';
import { EmptyRegion, type Region, TrappedRegion } from './region';
import { REGISTER_AREA_SIZE } from './register-file';

const MSI_VECTORS = 4;

/** vfio-pci's fixed indexes: registers in BAR0, no other BAR, no ROM, no VGA (refused), migration as the first device-specific region. */
export function pciPresentation(
  parts: PersonalityParts,
  options: { readonly capabilities: readonly Capability[]; readonly intx: boolean },
): Presentation {
  const regions = new Map<number, Region>();
  for (let index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
    if (index !== VFIO_PCI_VGA_REGION_INDEX) regions.set(index, new EmptyRegion());
  }
  regions.set(VFIO_PCI_BAR0_REGION_INDEX, new TrappedRegion(REGISTER_AREA_SIZE, parts.registers));
  regions.set(VFIO_PCI_CONFIG_REGION_INDEX, new TrappedRegion(CONFIG_SIZE, parts.config));
  regions.set(VFIO_PCI_NUM_REGIONS, parts.migration);
  return {
    busFlag: VFIO_DEVICE_FLAGS_PCI,
    regions,
    irqs: pciIrqs(options.intx),
    capabilities: options.capabilities,
    knowsCapabilities: true,
  };
}

function pciIrqs(intx: boolean): IrqIndex[] {
  const level = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
  const edge = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
  return [
    { index: VFIO_PCI_INTX_IRQ_INDEX, flags: level, count: intx ? 1 : 0, maskable: true },
    { index: VFIO_PCI_MSI_IRQ_INDEX, flags: edge, count: MSI_VECTORS, maskable: false },
    { index: VFIO_PCI_MSIX_IRQ_INDEX, flags: edge, count: 0, maskable: false },
    { index: VFIO_PCI_ERR_IRQ_INDEX, flags: edge, count: 1, maskable: false },
    { index: VFIO_PCI_REQ_IRQ_INDEX, flags: edge, count: 1, maskable: false },
  ];
}
