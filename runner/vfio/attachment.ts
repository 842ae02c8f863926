/** A container with its IOMMU and the groups attached to it, shared by every device opened in it and closed with the last one. */
import { ERRNO, VFIO_API_VERSION, VFIO_NOIOMMU_IOMMU, VFIO_TYPE1_IOMMU, VFIO_TYPE1v2_IOMMU } from '../abi';
import { groupMembers } from '../host/discover-group';
import { holdersOf } from '../host/holders';
import type { VfioHost } from '../host/vfio-host';
import { CONTAINER_PATH, Container } from './container';
import { DirtyLog } from './dirty-log';
import { Group, groupPath } from './group';
import type { HostDevice } from './host-devices';
import { Iommu } from './iommu';
import type { Limits } from './limits';
import { noGroup, noGroupNode, notBound, type Opened, refuse, refuseErrno, refuseGroup } from './open-failure';
import { DONE, type Outcome } from './outcome';

const IOMMU_NAMES: ReadonlyMap<number, string> = new Map([
  [VFIO_TYPE1_IOMMU, 'VFIO_TYPE1_IOMMU'],
  [VFIO_TYPE1v2_IOMMU, 'VFIO_TYPE1v2_IOMMU'],
  [VFIO_NOIOMMU_IOMMU, 'VFIO_NOIOMMU_IOMMU'],
]);

export class Attachment {
  readonly iommu: Iommu;
  readonly dirtyLog: DirtyLog;
  /** Groups in this container, and how many open devices each has. */
  private readonly groups = new Map<number, { readonly group: Group; devices: number }>();

  private constructor(
    readonly container: Container,
    private readonly iommuType: number,
    limits: Limits,
  ) {
    this.iommu = new Iommu(container, limits);
    this.dirtyLog = new DirtyLog(this.iommu);
  }

  /** An empty container that speaks the API and knows the IOMMU type. */
  static open(host: VfioHost, iommuType: number, limits: Limits): Opened<Attachment> {
    const opened = Container.open(host);
    if (!opened.ok) {
      return opened.errno === ERRNO.ENOENT || opened.errno === ERRNO.ENODEV || opened.errno === ERRNO.ENXIO
        ? refuse(
            'missing',
            `this kernel offers no ${CONTAINER_PATH}`,
            'Load VFIO: `modprobe vfio-pci` (or `modprobe vfio`).',
          )
        : refuseErrno(CONTAINER_PATH, opened, 'missing', 'Look into the kernel log (dmesg).');
    }
    const container = opened.value;
    const version = container.apiVersion();
    if (!version.ok || version.value !== VFIO_API_VERSION) {
      container.close();
      const said = version.ok ? `version ${version.value}` : version.message;
      return refuse(
        'wrong-kind',
        `${CONTAINER_PATH} does not speak VFIO API version 0 (${said})`,
        'This kernel cannot be used.',
      );
    }
    return { ok: true, value: new Attachment(container, iommuType, limits) };
  }

  /** Brings the device's group into this container, once for all its devices, and sets the IOMMU with the first group. */
  enter(device: HostDevice): Opened<Group> {
    if (device.group === undefined) {
      return noGroup(device);
    }
    const known = this.groups.get(device.group);
    if (known) {
      known.devices++;
      return { ok: true, value: known.group };
    }
    const group = this.openGroup(device, device.group);
    if (!group.ok) {
      return group;
    }
    const attached = this.attach(device, group.value);
    if (!attached.ok) {
      group.value.close();
      return attached;
    }
    this.groups.set(device.group, { group: group.value, devices: 1 });
    return group;
  }

  /** One device of the group is closed; the last one takes the group with it, the last group the container. */
  leave(group: Group): Outcome {
    const entry = this.groups.get(group.number);
    if (!entry) {
      return DONE;
    }
    entry.devices--;
    if (entry.devices > 0) {
      return DONE;
    }
    this.groups.delete(group.number);
    if (this.groups.size > 0) {
      return group.close();
    }
    const unmapped = this.iommu.close();
    const outcomes: Outcome[] = [unmapped.ok ? DONE : unmapped, group.close(), this.container.close()];
    return outcomes.find((outcome) => !outcome.ok) ?? DONE;
  }

  /** Closes a container that no group is in; the last group to leave has done so already. */
  abandon(): void {
    if (this.groups.size === 0) {
      this.container.close();
    }
  }

  private openGroup(device: HostDevice, number: number): Opened<Group> {
    const { host } = this.container;
    if (isNoIommu(host, number)) {
      const advice = 'Switch the real IOMMU on; the no-IOMMU mode neither translates nor protects anything.';
      return refuse('wrong-kind', `${device.name} is in no-IOMMU mode`, advice);
    }
    const opened = Group.open(host, number);
    if (!opened.ok) {
      return opened.errno === ERRNO.ENOENT || opened.errno === ERRNO.ENODEV || opened.errno === ERRNO.ENXIO
        ? noGroupNode(device, number)
        : refuseGroup(device, number, opened, opened.errno === ERRNO.EBUSY ? holdersOf(host, groupPath(number)) : []);
    }
    const status = opened.value.status();
    if (status.ok && status.value.viable) {
      return { ok: true, value: opened.value };
    }
    opened.value.close();
    if (!status.ok) {
      return refuseErrno(groupPath(number), status, 'not-viable', 'Look into the kernel log (dmesg).');
    }
    const inTheWay = groupMembers(host, String(number)).filter((member) => !member.harmless && !member.vfio);
    if (inTheWay.some((member) => member.name === device.name)) {
      return notBound(device);
    }
    const who = inTheWay.map((member) => `${member.name} (${member.driver ?? 'no driver'})`).join(', ');
    return refuse(
      'not-viable',
      `IOMMU group ${number} of ${device.name} is not viable: ${who ? `${who} of it ${inTheWay.length === 1 ? 'is' : 'are'} bound to a driver of the host` : 'not all of its devices are free for VFIO'}`,
      `Bind every device of the group to a VFIO driver or to none; look at ${who || `/sys/kernel/iommu_groups/${number}/devices`}.`,
    );
  }

  private attach(device: HostDevice, group: Group): Opened<undefined> {
    const set = group.setContainer(this.container);
    if (!set.ok) {
      const advice =
        'A group can be in one container only, and a container takes only groups that its IOMMU can serve together.';
      return refuseErrno(`IOMMU group ${group.number}`, set, 'not-viable', advice);
    }
    if (this.groups.size > 0) {
      return { ok: true, value: undefined };
    }
    const name = IOMMU_NAMES.get(this.iommuType) ?? `IOMMU type ${this.iommuType}`;
    const supported = this.container.checkExtension(this.iommuType);
    if (!supported.ok || !supported.value) {
      const advice = 'The kit drives type1 IOMMUs (x86, arm64, s390x); load vfio_iommu_type1.';
      return refuse('wrong-kind', `this kernel offers no ${name} for ${device.name}`, advice);
    }
    const chosen = this.container.setIommu(this.iommuType);
    if (!chosen.ok) {
      const advice =
        'Look into the kernel log (dmesg). Where the platform cannot isolate interrupts, vfio_iommu_type1 refuses with EPERM ' +
        'unless allow_unsafe_interrupts=1.';
      return chosen.errno === ERRNO.EPERM
        ? refuse('not-viable', `IOMMU group ${group.number}: ${chosen.message}`, advice)
        : refuseErrno(`IOMMU group ${group.number}`, chosen, 'not-viable', advice);
    }
    return { ok: true, value: undefined };
  }
}

/** By the name of its node. The group's own name does not tell: mediated devices, too, are in groups that are called vfio-noiommu. */
function isNoIommu(host: VfioHost, group: number): boolean {
  const nodes = host.list('/dev/vfio');
  return typeof nodes !== 'number' && nodes.includes(`noiommu-${group}`);
}
