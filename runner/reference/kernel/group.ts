import type { ByteOrder } from '../../abi/byte-order';
import { ioctlNumber } from '../../abi/ioctls';
import {
  VFIO_GROUP_FLAGS_CONTAINER_SET,
  VFIO_GROUP_FLAGS_VIABLE,
  vfioGroupStatus,
} from '../../abi/structures/vfio-group-status';
import { asDescriptor, asString, asStructure } from './argument';
import { Container } from './container';
import { DeviceFile } from './device-file';
import { fail } from './errno';
import type { FileTable } from './file-table';
import type { GroupBacking } from './iommu-capabilities';
import type { IoctlArgument } from './open-file';
import { PlainFile } from './plain-file';
import type { VendorDevice } from './vendor-device';

const ENCODING = 'generic';
const GET_STATUS = ioctlNumber('VFIO_GROUP_GET_STATUS', ENCODING);
const SET_CONTAINER = ioctlNumber('VFIO_GROUP_SET_CONTAINER', ENCODING);
const UNSET_CONTAINER = ioctlNumber('VFIO_GROUP_UNSET_CONTAINER', ENCODING);
const GET_DEVICE_FD = ioctlNumber('VFIO_GROUP_GET_DEVICE_FD', ENCODING);

/** An IOMMU group with its devices; /dev/vfio/NUMBER opens it, one user at a time. */
export class Group {
  container: Container | undefined;
  private file: GroupFile | undefined;
  /** Descriptors of its devices: while there is one, the group stays open and in its container. */
  private users = 0;
  private readonly openDevices = new Map<VendorDevice, number>();

  constructor(
    readonly number: number,
    readonly devices: readonly VendorDevice[],
    readonly backing: GroupBacking,
  ) {}

  open(files: FileTable, order: ByteOrder): GroupFile | number {
    if (this.file !== undefined) return fail('EBUSY');
    this.file = new GroupFile(this, files, order);
    return this.file;
  }

  get inUse(): boolean {
    return this.users > 0;
  }

  openDevice(device: VendorDevice, files: FileTable, order: ByteOrder): number {
    const openings = this.openDevices.get(device) ?? 0;
    const file = new DeviceFile(device, this, files, order);
    if (openings === 0) {
      const result = device.open(file.services());
      if (result < 0) return result;
    }
    this.openDevices.set(device, openings + 1);
    this.users++;
    return files.install(file);
  }

  closeDevice(device: VendorDevice): void {
    const openings = (this.openDevices.get(device) ?? 1) - 1;
    this.openDevices.set(device, openings);
    if (openings === 0) device.close();
    this.users--;
    if (this.users === 0 && this.file?.released === true) this.letGo();
  }

  /** The last reference to the group's file is gone. */
  letGo(): void {
    this.container?.removeGroup(this);
    this.container = undefined;
    this.file = undefined;
  }
}

/** /dev/vfio/NUMBER. */
export class GroupFile extends PlainFile {
  released = false;

  constructor(
    private readonly group: Group,
    private readonly files: FileTable,
    private readonly order: ByteOrder,
  ) {
    super();
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    switch (request) {
      case GET_STATUS:
        return this.getStatus(argument);
      case SET_CONTAINER:
        return this.setContainer(argument);
      case UNSET_CONTAINER:
        return this.unsetContainer();
      case GET_DEVICE_FD:
        return this.getDeviceFd(argument);
      default:
        return fail('ENOTTY');
    }
  }

  override release(): void {
    this.released = true;
    if (!this.group.inUse) this.group.letGo();
  }

  private getStatus(argument: IoctlArgument): number {
    const structure = asStructure(argument, this.order);
    if (structure === undefined) return fail('EFAULT');
    if (structure.u32(0) < vfioGroupStatus.size) return fail('EINVAL');
    const inContainer = this.group.container === undefined ? 0 : VFIO_GROUP_FLAGS_CONTAINER_SET;
    structure.setU32(vfioGroupStatus.fields.flags.offset, VFIO_GROUP_FLAGS_VIABLE | inContainer);
    return 0;
  }

  private setContainer(argument: IoctlArgument): number {
    const fd = asDescriptor(argument, this.order);
    if (fd === undefined) return fail('EFAULT');
    if (fd < 0) return fail('EINVAL');
    const file = this.files.get(fd);
    if (file === undefined) return fail('EBADF');
    if (this.group.container !== undefined) return fail('EINVAL');
    if (!(file instanceof Container)) return fail('EBADFD');
    this.group.container = file;
    file.addGroup(this.group);
    return 0;
  }

  private unsetContainer(): number {
    if (this.group.container === undefined) return fail('EINVAL');
    if (this.group.inUse) return fail('EBUSY');
    this.group.container.removeGroup(this.group);
    this.group.container = undefined;
    return 0;
  }

  private getDeviceFd(argument: IoctlArgument): number {
    const name = asString(argument);
    if (name === undefined) return fail('EFAULT');
    const device = this.group.devices.find((candidate) => candidate.name === name);
    if (device === undefined) return fail('ENODEV');
    if (this.group.container?.iommu === undefined) return fail('EINVAL');
    return this.group.openDevice(device, this.files, this.order);
  }
}
