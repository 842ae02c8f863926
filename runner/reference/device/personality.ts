import type { Presentation } from './device-information';
import type { DeviceModel } from './device-model';
import { ccwPresentation } from './personality-ccw';
import { fslMcPresentation } from './personality-fsl-mc';
import { pciPresentation } from './personality-pci';
import { zpciCapabilities } from './personality-zpci';
import type { Access, Region } from './region';

/** What every personality is built from. */
export interface PersonalityParts {
  readonly model: DeviceModel;
  readonly registers: Access;
  readonly config: Access;
  readonly migration: Region;
}

/** How a device of this model presents itself. */
export function presentationOf(parts: PersonalityParts): Presentation {
  switch (parts.model.personality) {
    case 'pci':
      return pciPresentation(parts, { capabilities: [], intx: true });
    case 'zpci':
      return pciPresentation(parts, { capabilities: zpciCapabilities(parts.model.order), intx: false });
    case 'ccw':
      return ccwPresentation(parts);
    case 'fsl-mc':
      return fslMcPresentation(parts);
  }
}
