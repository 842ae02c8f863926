import type { DeviceModel, PersonalityName } from './device/device-model';
import type { ReferenceDevice } from './device/reference-device';
import type { Type1Iommu } from './kernel/type1-iommu';

/** What a fault or a variation changes. All of it goes through the public methods of the parts (see override.ts). */
export interface Changes {
  /** Before the device is built. */
  readonly model?: (model: DeviceModel) => DeviceModel;
  readonly device?: (device: ReferenceDevice) => void;
  /** Each container's IOMMU driver. */
  readonly iommu?: (iommu: Type1Iommu) => void;
}

/** A named way in which the simulation differs from the plain correct one: a fault that breaks clauses, or a benign variation. */
export interface Peculiarity extends Changes {
  /** Kebab-case; what stands behind `+` in a device name. */
  readonly name: string;
  /** The primary clause first, then at most two that follow from it; [] for a benign variation. */
  readonly breaks: readonly string[];
  /** Why the consequences follow from the primary clause; for a variation, why a correct driver may be so. */
  readonly reason: string;
  /** One line for people. */
  readonly summary: string;
  readonly benign: boolean;
  /** It concerns the code that runs on a destination: a destination of the same driver has it too. */
  readonly onDestination: boolean;
  /** A fault that shows only on the second device of a container. */
  readonly onSecond?: boolean;
  /** Personalities on which it can show; all of them when absent. */
  readonly personalities?: readonly PersonalityName[];
  /** Layouts of the data section in which it can show; all of them when absent. */
  readonly layouts?: readonly DeviceModel['layout'][];
}

type FaultDescription = Omit<Peculiarity, 'benign' | 'onDestination' | 'reason'> & {
  reason?: string;
  onDestination?: boolean;
};
type VariationDescription = Omit<Peculiarity, 'benign' | 'onDestination' | 'breaks'> & { onDestination?: boolean };

/** A fault; one that breaks more than its primary clause must say why the others follow. */
export function fault(description: FaultDescription): Peculiarity {
  const { breaks, name, reason = '' } = description;
  if (breaks.length === 0 || breaks.length > 3) throw new Error(`${name}: a fault breaks one to three clauses`);
  if (breaks.length > 1 && reason === '') throw new Error(`${name}: say why ${breaks.slice(1).join(', ')} follow`);
  return { onDestination: false, ...description, reason, benign: false };
}

export function variation(description: VariationDescription): Peculiarity {
  return { onDestination: false, ...description, breaks: [], benign: true };
}
