import type { PersonalityName } from './device/device-model';

export type ReferenceRole = 'source' | 'destination';

/** Where one of the reference host's devices is found. */
export interface ReferenceEndpoint {
  readonly role: ReferenceRole;
  /** Number of its IOMMU group: /dev/vfio/NUMBER. */
  readonly group: number;
  /** PCI address, mdev UUID or fsl-mc object: its name for VFIO_GROUP_GET_DEVICE_FD. */
  readonly name: string;
  readonly bus: 'mdev' | 'pci' | 'fsl-mc';
  /** Its own directory in sysfs. */
  readonly path: string;
}

export type ReferenceTopology = Readonly<Record<ReferenceRole, ReferenceEndpoint>>;

const UUIDS = { source: '52464430-0001-4000-8000-000000000001', destination: '52464430-0002-4000-8000-000000000002' };

/** The two devices of a reference host: the one under test, and the one that a migration goes to. */
export function referenceTopology(personality: PersonalityName, mediated: boolean): ReferenceTopology {
  return {
    source: endpoint('source', personality, mediated),
    destination: endpoint('destination', personality, mediated),
  };
}

/** Whether a personality's devices are mediated unless a variation says otherwise. */
export function mediatedByDefault(personality: PersonalityName): boolean {
  return personality === 'pci' || personality === 'ccw';
}

function endpoint(role: ReferenceRole, personality: PersonalityName, mediated: boolean): ReferenceEndpoint {
  const group = role === 'source' ? 1 : 2;
  if (mediated) {
    const parent =
      personality === 'ccw' ? `/sys/devices/css0/0.0.031${group}` : '/sys/devices/virtual/reference/reference';
    return { role, group, name: UUIDS[role], bus: 'mdev', path: `${parent}/${UUIDS[role]}` };
  }
  switch (personality) {
    case 'fsl-mc': {
      const name = `dprc.${group + 1}`;
      return { role, group, name, bus: 'fsl-mc', path: `/sys/devices/platform/soc/80c000000.fsl-mc/dprc.1/${name}` };
    }
    case 'zpci': {
      const domain = role === 'source' ? '0007' : '0008';
      return {
        role,
        group,
        name: `${domain}:00:00.0`,
        bus: 'pci',
        path: `/sys/devices/pci${domain}:00/${domain}:00:00.0`,
      };
    }
    default: {
      const name = role === 'source' ? '0000:00:04.0' : '0000:00:05.0';
      return { role, group, name, bus: 'pci', path: `/sys/devices/pci0000:00/${name}` };
    }
  }
}
