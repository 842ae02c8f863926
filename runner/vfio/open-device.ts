/** Opens a device the whole way (container, group, IOMMU, device), and leaves nothing half open when any of it fails. */
import { VFIO_TYPE1v2_IOMMU } from '../abi';
import type { VfioHost } from '../host/vfio-host';
import { Attachment } from './attachment';
import type { Container } from './container';
import { Device } from './device';
import type { DeviceAddress } from './device-address';
import type { DirtyLog } from './dirty-log';
import type { Group } from './group';
import { type DeviceIdentity, findHostDevice, type HostDevice, identify } from './host-devices';
import type { Iommu } from './iommu';
import { DEFAULT_LIMITS, type Limits } from './limits';
import { type Opened, refuse, refuseDevice } from './open-failure';
import { DONE, type Outcome, success } from './outcome';

export interface OpenOptions {
  readonly limits?: Limits;
  /** Which of a simulated host's devices; default 0, and 1 for a second one. */
  readonly ordinal?: number;
  /** What VFIO_SET_IOMMU is told; default VFIO_TYPE1v2_IOMMU, the one that logs dirty pages. */
  readonly iommuType?: number;
}

/** Opens a device in a container of its own. */
export function openDevice(host: VfioHost, address: DeviceAddress, options: OpenOptions = {}): Opened<OpenedDevice> {
  const found = find(host, address, options.ordinal ?? 0);
  if (!found.ok) {
    return found;
  }
  const limits = options.limits ?? DEFAULT_LIMITS;
  const attachment = Attachment.open(host, options.iommuType ?? VFIO_TYPE1v2_IOMMU, limits);
  if (!attachment.ok) {
    return attachment;
  }
  const opened = OpenedDevice.open(attachment.value, address, found.value, limits);
  if (!opened.ok) {
    attachment.value.abandon();
  }
  return opened;
}

/** A device with everything it stands on. */
export class OpenedDevice {
  private current: Device;
  private closed = false;

  private constructor(
    private readonly attachment: Attachment,
    readonly address: DeviceAddress,
    readonly hostDevice: HostDevice,
    readonly group: Group,
    device: Device,
    readonly limits: Limits,
  ) {
    this.current = device;
  }

  /** For openDevice and openSecond: enters the group and gets the device's descriptor. */
  static open(attachment: Attachment, address: DeviceAddress, found: HostDevice, limits: Limits): Opened<OpenedDevice> {
    const group = attachment.enter(found);
    if (!group.ok) {
      return group;
    }
    const { host } = attachment.container;
    const fd = group.value.deviceFd(found.name);
    if (!fd.ok) {
      attachment.leave(group.value);
      return refuseDevice(found, fd);
    }
    const device = new Device(host, fd.value, found.name, limits);
    return { ok: true, value: new OpenedDevice(attachment, address, found, group.value, device, limits) };
  }

  get host(): VfioHost {
    return this.container.host;
  }

  get container(): Container {
    return this.attachment.container;
  }

  get iommu(): Iommu {
    return this.attachment.iommu;
  }

  get dirtyLog(): DirtyLog {
    return this.attachment.dirtyLog;
  }

  /** The open device; another object after `reopen`. */
  get device(): Device {
    return this.current;
  }

  /** What sysfs says of it. */
  identity(): DeviceIdentity {
    return identify(this.host, this.hostDevice);
  }

  /** Closes the device's descriptor and opens it anew; group, container and mappings stay. */
  reopen(): Outcome<Device> {
    this.current.close();
    const fd = this.group.deviceFd(this.hostDevice.name);
    if (!fd.ok) {
      return fd;
    }
    this.current = new Device(this.host, fd.value, this.hostDevice.name, this.limits);
    return success(this.current);
  }

  /** Opens another device in the same container: both see the same mappings, and one dirty log covers both. */
  openSecond(address: DeviceAddress, options: OpenOptions = {}): Opened<OpenedDevice> {
    const found = find(this.host, address, options.ordinal ?? 1);
    return found.ok ? OpenedDevice.open(this.attachment, address, found.value, options.limits ?? this.limits) : found;
  }

  /** Closes in reverse order; group, mappings and container go with the last device that shares them. Safe to call twice. */
  close(): Outcome {
    if (this.closed) {
      return DONE;
    }
    this.closed = true;
    const device = this.current.close();
    const rest = this.attachment.leave(this.group);
    return device.ok ? rest : device;
  }
}

function find(host: VfioHost, address: DeviceAddress, ordinal: number): Opened<HostDevice> {
  const found = findHostDevice(host, address, ordinal);
  if (found) {
    return { ok: true, value: found };
  }
  switch (address.kind) {
    case 'pci':
      return refuse(
        'missing',
        `there is no PCI device ${address.name} on ${host.facts.name}`,
        '`lspci -D` lists the devices there are; `vfio-conformance devices` those that VFIO can open.',
      );
    case 'mdev':
      return refuse(
        'missing',
        `there is no mediated device ${address.name} on ${host.facts.name}`,
        'Create it: echo UUID > /sys/class/mdev_bus/PARENT/mdev_supported_types/TYPE/create.',
      );
    case 'fsl-mc':
      return refuse(
        'missing',
        `there is no fsl-mc container ${address.name} on ${host.facts.name}`,
        '`ls /sys/bus/fsl-mc/devices` lists them; `restool` makes them.',
      );
    case 'reference':
      return refuse('missing', `the simulated host has no device number ${ordinal}`, 'Name another device.');
  }
}
