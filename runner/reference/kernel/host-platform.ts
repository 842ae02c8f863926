import type { ByteOrder } from '../../abi/byte-order';
import type { PersonalityName } from '../device/device-model';
import { ZPCI_DMA } from '../device/personality-zpci';
import type { GroupBacking } from './iommu-capabilities';

/** What kind of machine a personality lives on. */
export interface HostPlatform {
  /** `uname -m`. */
  readonly architecture: string;
  readonly backing: GroupBacking;
}

const ADDRESS_END_48 = 0xffff_ffff_ffffn;

/** The platform of a reference host: x86_64 with an Intel IOMMU for PCI, s390x for zPCI and CCW, aarch64 for fsl-mc, big endian or 64k pages. */
export function hostPlatform(
  personality: PersonalityName,
  order: ByteOrder,
  pageSize: number,
  mediated: boolean,
): HostPlatform {
  const architecture = architectureOf(personality, order, pageSize);
  return { architecture, backing: { mediated, ...(mediated ? NO_LIMITS : limitsOf(architecture, pageSize)) } };
}

function architectureOf(personality: PersonalityName, order: ByteOrder, pageSize: number): string {
  if (personality === 'zpci' || personality === 'ccw') return 's390x';
  if (order === 'big') return 'aarch64_be';
  return personality === 'fsl-mc' || pageSize !== 4096 ? 'aarch64' : 'x86_64';
}

const NO_LIMITS = { pageSizes: 0n, iovaRanges: [] };

function limitsOf(architecture: string, pageSize: number): Omit<GroupBacking, 'mediated'> {
  switch (architecture) {
    case 's390x':
      return { pageSizes: 0x1000n, iovaRanges: [{ start: ZPCI_DMA.start, end: ZPCI_DMA.end }] };
    case 'x86_64':
      return { pageSizes: 0x4020_1000n, iovaRanges: around(0xfee0_0000n, 0x10_0000n) };
    default:
      return {
        pageSizes: pageSize === 4096 ? 0x4020_1000n : 0x2001_0000n,
        iovaRanges: around(0x800_0000n, 0x10_0000n),
      };
  }
}

/** Everything up to 48 bits but the MSI window. */
function around(window: bigint, size: bigint): GroupBacking['iovaRanges'] {
  return [
    { start: 0n, end: window - 1n },
    { start: window + size, end: ADDRESS_END_48 },
  ];
}
