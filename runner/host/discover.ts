/**
 * What a host has that VFIO can give to a user, and for each device whether it can be opened now, why not, and what to do.
 *
 * Everything is learned from sysfs and from the names in /dev/vfio; no device is opened. A group is opened and closed again, because
 * only that tells whether it may be used and whether somebody else has it; no driver of a device hears of that.
 */
import { checkGroup, type GroupCheck, groupMembers, looksLikeVfio } from './discover-group';
import type { VfioHost } from './vfio-host';

export type DiscoveredBus = 'pci' | 'mdev' | 'fsl-mc' | 'cdx' | 'platform';

export type DeviceStatus =
  /** The kit can open it. */
  | 'ready'
  /** Its group is open elsewhere. */
  | 'in-use'
  /** The permissions of its group do not allow it. */
  | 'forbidden'
  /** Its IOMMU group holds a device that is bound to something else. */
  | 'group-shared'
  /** Bound to a driver that is not VFIO's. */
  | 'other-driver'
  | 'no-driver'
  /** Not behind an IOMMU. */
  | 'no-iommu'
  /** Bound, but there is no group to open in /dev/vfio. */
  | 'no-group'
  /** Something else; `reason` has the errno. */
  | 'failed';

export interface DiscoveredDevice {
  readonly bus: DiscoveredBus;
  /** A PCI address, an mdev's UUID, a name on its bus: what `--device` takes. */
  readonly name: string;
  /** Its directory in sysfs. */
  readonly sysfs: string;
  readonly driver?: string;
  /** `12`, or `noiommu-0`: the file in /dev/vfio. */
  readonly group?: string;
  /** PCI: `1234:11e8`, vendor and device in hexadecimal. */
  readonly id?: string;
  readonly subsystemId?: string;
  /** PCI: six hexadecimal digits, base class first. */
  readonly classCode?: string;
  /** mdev: the device that it is a part of, its type's directory name and what the type calls itself. */
  readonly parent?: string;
  readonly mdevType?: string;
  readonly mdevTypeName?: string;
  /** mdev: `vfio-pci`, `vfio-ccw`, ... */
  readonly deviceApi?: string;
  readonly status: DeviceStatus;
  /** One sentence for people. */
  readonly reason: string;
  /** What to do about it: shell commands, or sentences; empty when ready. */
  readonly todo: readonly string[];
}

export interface Discovery {
  /** PCI first, then mdev, then the rest; within a bus by name. */
  readonly devices: readonly DiscoveredDevice[];
  /** What holds for the whole machine: VFIO not loaded, no IOMMU. */
  readonly notes: readonly string[];
}

/** Never throws for what it finds: a directory that is missing or may not be read holds no devices. */
export function discoverDevices(host: VfioHost): Discovery {
  const nodes = names(host, '/dev/vfio');
  const devices = [...pciDevices(host, nodes), ...mdevDevices(host, nodes), ...otherDevices(host, nodes)];
  const notes: string[] = [];
  if (!nodes.includes('vfio')) {
    notes.push('/dev/vfio/vfio is not there, so nothing can be opened: load the module with `modprobe vfio-pci`.');
  }
  if (names(host, '/sys/kernel/iommu_groups').length === 0) {
    notes.push(`This machine has no IOMMU groups. ${IOMMU_REMEDY}`);
  }
  return { devices, notes };
}

const IOMMU_REMEDY = 'Switch the IOMMU on in the firmware (VT-d, AMD-Vi, SMMU), and on Intel boot with intel_iommu=on.';

type Facts = Omit<DiscoveredDevice, 'status' | 'reason' | 'todo'>;
type Verdict = Pick<DiscoveredDevice, 'status' | 'reason' | 'todo'>;

function* pciDevices(host: VfioHost, nodes: readonly string[]): Generator<DiscoveredDevice> {
  for (const name of names(host, '/sys/bus/pci/devices')) {
    const sysfs = `/sys/bus/pci/devices/${name}`;
    const classCode = hex(host, `${sysfs}/class`, 6);
    // A bridge is never given away; VFIO refuses it.
    if (classCode?.startsWith('06')) {
      continue;
    }
    const id = idPair(host, `${sysfs}/vendor`, `${sysfs}/device`);
    const subsystemId = idPair(host, `${sysfs}/subsystem_vendor`, `${sysfs}/subsystem_device`);
    const facts: Facts = {
      ...common(host, nodes, 'pci', name, sysfs),
      ...(id !== undefined && { id }),
      ...(subsystemId !== undefined && { subsystemId }),
      ...(classCode !== undefined && { classCode }),
    };
    yield { ...facts, ...judge(host, nodes, facts) };
  }
}

function* mdevDevices(host: VfioHost, nodes: readonly string[]): Generator<DiscoveredDevice> {
  for (const name of names(host, '/sys/bus/mdev/devices')) {
    const sysfs = `/sys/bus/mdev/devices/${name}`;
    const parent = link(host, sysfs)?.split('/').at(-2);
    const mdevType = lastPart(link(host, `${sysfs}/mdev_type`));
    const mdevTypeName = text(host, `${sysfs}/mdev_type/name`);
    const deviceApi = text(host, `${sysfs}/mdev_type/device_api`);
    const facts: Facts = {
      ...common(host, nodes, 'mdev', name, sysfs),
      ...(parent !== undefined && { parent }),
      ...(mdevType !== undefined && { mdevType }),
      ...(mdevTypeName !== undefined && { mdevTypeName }),
      ...(deviceApi !== undefined && { deviceApi }),
    };
    yield { ...facts, ...judge(host, nodes, facts) };
  }
}

/** On these buses only what a VFIO driver has: everything else there is of no interest, and there is a lot of it. */
function* otherDevices(host: VfioHost, nodes: readonly string[]): Generator<DiscoveredDevice> {
  for (const bus of ['fsl-mc', 'cdx', 'platform'] as const) {
    for (const name of names(host, `/sys/bus/${bus}/devices`)) {
      const facts = common(host, nodes, bus, name, `/sys/bus/${bus}/devices/${name}`);
      if (facts.driver !== undefined && isVfioDriver(host, facts)) {
        yield { ...facts, ...judge(host, nodes, facts) };
      }
    }
  }
}

function common(host: VfioHost, nodes: readonly string[], bus: DiscoveredBus, name: string, sysfs: string): Facts {
  const driver = lastPart(link(host, `${sysfs}/driver`));
  const number = lastPart(link(host, `${sysfs}/iommu_group`));
  const group = number !== undefined && nodes.includes(`noiommu-${number}`) ? `noiommu-${number}` : number;
  return { bus, name, sysfs, ...(driver !== undefined && { driver }), ...(group !== undefined && { group }) };
}

function judge(host: VfioHost, nodes: readonly string[], facts: Facts): Verdict {
  const { driver, group } = facts;
  if (driver === undefined) {
    return { status: 'no-driver', reason: 'No driver is bound to it.', todo: bindingRemedy(facts) };
  }
  if (!isVfioDriver(host, facts) && !ownsItsGroup(host, nodes, facts)) {
    const reason = `It is bound to ${driver}, which is no VFIO driver; the host cannot use the device while VFIO has it.`;
    return { status: 'other-driver', reason, todo: bindingRemedy(facts) };
  }
  if (group === undefined) {
    return { status: 'no-iommu', reason: 'It is in no IOMMU group.', todo: [IOMMU_REMEDY] };
  }
  if (!nodes.includes(group)) {
    const reason = `It is bound to ${driver}, but there is no /dev/vfio/${group}.`;
    const todo = [
      'In a container: pass /dev/vfio into it. Otherwise this kernel is built without CONFIG_VFIO_GROUP, which v1 migration needs.',
    ];
    return { status: 'no-group', reason, todo };
  }
  const strangers = groupMembers(host, group).filter(
    (member) => member.name !== facts.name && !member.harmless && !member.vfio,
  );
  if (strangers.length > 0) {
    const who = strangers.map((member) => `${member.name} (${member.driver})`).join(', ');
    const reason = `Its IOMMU group ${group} also holds ${who}; a group is given away as a whole.`;
    return { status: 'group-shared', reason, todo: ['Bind these to vfio-pci too, or unbind them from their drivers.'] };
  }
  return verdictOfGroup(checkGroup(host, group));
}

function verdictOfGroup(check: GroupCheck): Verdict {
  return { status: check.status, reason: check.reason, todo: check.todo };
}

function isVfioDriver(host: VfioHost, facts: Facts): boolean {
  // Nothing but VFIO drivers ever binds to the mdev bus.
  return facts.bus === 'mdev' || looksLikeVfio(host, facts.driver, facts.sysfs);
}

/** /dev/vfio/N is made by the first VFIO driver in the group: with no other member that could have made it, it was this one. */
function ownsItsGroup(host: VfioHost, nodes: readonly string[], facts: Facts): boolean {
  const { group, name } = facts;
  if (group === undefined || !nodes.includes(group)) {
    return false;
  }
  return groupMembers(host, group).every(
    (member) => member.name === name || member.driver === undefined || member.harmless,
  );
}

function bindingRemedy({ bus, name, driver, group }: Facts): string[] {
  if (bus !== 'pci') {
    return bus === 'mdev' ? ['modprobe vfio_mdev (before Linux 5.16 this is the driver of all mediated devices).'] : [];
  }
  return [
    ...(group === undefined ? [`First it has to be in an IOMMU group. ${IOMMU_REMEDY}`] : []),
    'modprobe vfio-pci',
    `echo vfio-pci > /sys/bus/pci/devices/${name}/driver_override`,
    ...(driver === undefined ? [] : [`echo ${name} > /sys/bus/pci/devices/${name}/driver/unbind`]),
    `echo ${name} > /sys/bus/pci/drivers_probe`,
  ];
}

function names(host: VfioHost, path: string): readonly string[] {
  const answer = host.list(path);
  return typeof answer === 'number' ? [] : answer;
}

function link(host: VfioHost, path: string): string | undefined {
  const answer = host.readLink(path);
  return typeof answer === 'number' ? undefined : answer;
}

function text(host: VfioHost, path: string): string | undefined {
  const answer = host.readText(path);
  return typeof answer === 'number' ? undefined : answer.trim();
}

function lastPart(path: string | undefined): string | undefined {
  return path?.split('/').at(-1);
}

/** `0x1234` as `1234`; undefined for anything else. */
function hex(host: VfioHost, path: string, digits: number): string | undefined {
  const value = /^0x([0-9a-f]+)$/i.exec(text(host, path) ?? '')?.[1];
  return value?.toLowerCase().padStart(digits, '0');
}

function idPair(host: VfioHost, vendorPath: string, devicePath: string): string | undefined {
  const vendor = hex(host, vendorPath, 4);
  const device = hex(host, devicePath, 4);
  return vendor === undefined || device === undefined ? undefined : `${vendor}:${device}`;
}
