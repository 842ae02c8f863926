/**
 * One device as sysfs shows it: which IOMMU group, which driver, what it says of itself. The simulated host has the same files.
 * What can be opened on a host, and what not, is in host/discover.ts.
 */
import type { VfioHost } from '../host/vfio-host';
import type { DeviceAddress } from './device-address';

/** Buses under /sys/bus whose devices the kit can name. */
export const DEVICE_BUSES = ['pci', 'mdev', 'fsl-mc'] as const;
export type DeviceBus = (typeof DEVICE_BUSES)[number];

export interface HostDevice {
  readonly bus: DeviceBus;
  /** As sysfs names it; what VFIO_GROUP_GET_DEVICE_FD takes. */
  readonly name: string;
  /** `/sys/bus/pci/devices/0000:00:04.0`. */
  readonly path: string;
  /** Absent where the host has no IOMMU for it. */
  readonly group?: number;
  /** Absent when no driver has it. */
  readonly driver?: string;
}

/** What a report says of the device under test; whatever sysfs does not have is left out. */
export interface DeviceIdentity {
  readonly bus: DeviceBus;
  readonly name: string;
  readonly group?: number;
  readonly driver?: string;
  /** The module the driver comes from. */
  readonly module?: string;
  /** /sys/module/MODULE/version and srcversion. */
  readonly moduleVersion?: string;
  readonly moduleSrcversion?: string;
  /** PCI ids, four hexadecimal digits. */
  readonly vendorId?: string;
  readonly deviceId?: string;
  readonly subsystemVendorId?: string;
  readonly subsystemDeviceId?: string;
  /** PCI class, six hexadecimal digits. */
  readonly classCode?: string;
  readonly revision?: string;
  /** Name of a mediated device's type, and the API that the type promises (`vfio-pci`). */
  readonly mdevType?: string;
  readonly mdevApi?: string;
  /** The parent's name and driver. */
  readonly parent?: string;
  readonly parentDriver?: string;
}

/** The device of this name; undefined when sysfs has none. A reference device is the `ordinal`-th of its simulated host. */
export function findHostDevice(host: VfioHost, address: DeviceAddress, ordinal = 0): HostDevice | undefined {
  if (address.kind === 'reference') {
    return listHostDevices(host)[ordinal];
  }
  const path = devicePath(address.kind, address.name);
  return Array.isArray(host.list(path)) ? readHostDevice(host, address.kind, address.name) : undefined;
}

/** Every device that has an IOMMU group, bus by bus, by name. */
function listHostDevices(host: VfioHost): readonly HostDevice[] {
  return DEVICE_BUSES.flatMap((bus) => {
    const names = host.list(`/sys/bus/${bus}/devices`);
    return typeof names === 'number' ? [] : names.map((name) => readHostDevice(host, bus, name));
  }).filter((device) => device.group !== undefined);
}

/** Everything that sysfs says of a device. */
export function identify(host: VfioHost, device: HostDevice): DeviceIdentity {
  const { bus, name, path } = device;
  const id = (file: string): string | undefined => text(host, `${path}/${file}`)?.replace(/^0x/, '');
  const module = linkName(host, `${path}/driver/module`);
  const parent = parentOf(host, device);
  return compact({
    bus,
    name,
    group: device.group,
    driver: device.driver,
    module,
    moduleVersion: module && text(host, `/sys/module/${module}/version`),
    moduleSrcversion: module && text(host, `/sys/module/${module}/srcversion`),
    vendorId: id('vendor'),
    deviceId: id('device'),
    subsystemVendorId: id('subsystem_vendor'),
    subsystemDeviceId: id('subsystem_device'),
    classCode: id('class'),
    revision: id('revision'),
    mdevType: linkName(host, `${path}/mdev_type`),
    mdevApi: text(host, `${path}/mdev_type/device_api`),
    parent: parent?.name,
    parentDriver: parent?.driver,
  });
}

function readHostDevice(host: VfioHost, bus: DeviceBus, name: string): HostDevice {
  const path = devicePath(bus, name);
  const group = linkName(host, `${path}/iommu_group`);
  const number = group !== undefined && /^\d{1,9}$/.test(group) ? Number(group) : undefined;
  return compact({ bus, name, path, group: number, driver: linkName(host, `${path}/driver`) });
}

/** A mediated device's parent is the folder that its own link leads into. */
function parentOf(host: VfioHost, device: HostDevice): { name: string; driver: string | undefined } | undefined {
  if (device.bus !== 'mdev') {
    return undefined;
  }
  const target = host.readLink(device.path);
  const [, parent] = typeof target === 'string' ? target.split('/').reverse() : [];
  return parent ? { name: parent, driver: linkName(host, `${device.path}/../driver`) } : undefined;
}

function devicePath(bus: DeviceBus, name: string): string {
  return `/sys/bus/${bus}/devices/${name}`;
}

function linkName(host: VfioHost, path: string): string | undefined {
  const target = host.readLink(path);
  return typeof target === 'string'
    ? target
        .split('/')
        .filter((part) => part !== '')
        .at(-1)
    : undefined;
}

function text(host: VfioHost, path: string): string | undefined {
  const content = host.readText(path);
  return typeof content === 'string' ? content.trim() : undefined;
}

type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the keys whose value is undefined. */
function compact<T extends object>(value: T): Compact<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Compact<T>;
}
