import type { ByteOrder } from '../../abi/byte-order';

export type PersonalityName = 'pci' | 'zpci' | 'ccw' | 'fsl-mc';
/** How the migration region's data section can be reached. */
export type SectionLayout = 'trapped' | 'mmapped' | 'partitioned';

/** What one simulated device is. */
export interface DeviceModel {
  readonly personality: PersonalityName;
  readonly order: ByteOrder;
  /** Bytes of the host's page. */
  readonly pageSize: number;
  readonly layout: SectionLayout;
  /** Bytes of internal memory: a multiple of BLOCK_SIZE. */
  readonly stateSize: number;
  /** Decides the content of a fresh device. */
  readonly seed: number;
  readonly role: 'source' | 'destination';
  /** Its name in sysfs. */
  readonly name: string;
  /** Writes memory through the kernel (a mediated device), not through an IOMMU. */
  readonly mediated: boolean;
}

/** The unit in which changes of internal memory are noticed and sent. */
export const BLOCK_SIZE = 4096;
