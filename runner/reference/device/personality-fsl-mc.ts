import { VFIO_DEVICE_FLAGS_FSL_MC } from '../../abi/structures/vfio-device-info';
import { VFIO_IRQ_INFO_EVENTFD } from '../../abi/structures/vfio-irq-info';
import type { Presentation } from './device-information';
import type { PersonalityParts } from './personality';
import { type Region, TrappedRegion } from './region';
import { REGISTER_AREA_SIZE } from './register-file';

/** An object of the DPAA2 bus: its registers as region 0, migration as region 1, one interrupt. */
export function fslMcPresentation(parts: PersonalityParts): Presentation {
  const regions = new Map<number, Region>([
    [0, new TrappedRegion(REGISTER_AREA_SIZE, parts.registers)],
    [1, parts.migration],
  ]);
  return {
    busFlag: VFIO_DEVICE_FLAGS_FSL_MC,
    regions,
    irqs: [{ index: 0, flags: VFIO_IRQ_INFO_EVENTFD, count: 1, maskable: false }],
    capabilities: [],
    knowsCapabilities: false,
  };
}
