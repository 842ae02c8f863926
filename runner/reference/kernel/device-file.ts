import type { ByteOrder } from '../../abi/byte-order';
import { ioctlNumber } from '../../abi/ioctls';
import {
  VFIO_DEVICE_FEATURE_GET,
  VFIO_DEVICE_FEATURE_MASK,
  VFIO_DEVICE_FEATURE_PROBE,
  VFIO_DEVICE_FEATURE_SET,
  vfioDeviceFeature,
} from '../../abi/structures/vfio-device-feature';
import { asStructure } from './argument';
import { DmaAccess } from './dma-access';
import { fail } from './errno';
import { EventFile } from './event-file';
import type { FileTable } from './file-table';
import type { Group } from './group';
import type { DeviceMapping, IoctlArgument } from './open-file';
import { PlainFile } from './plain-file';
import { UserStructure } from './user-structure';
import type { KernelServices, VendorDevice } from './vendor-device';

const DEVICE_FEATURE = ioctlNumber('VFIO_DEVICE_FEATURE', 'generic');
const DEVICE_RESET = ioctlNumber('VFIO_DEVICE_RESET', 'generic');
/** Offsets are loff_t: a negative one never reaches the driver. */
const OFFSET_END = 1n << 63n;

/** A descriptor of VFIO_GROUP_GET_DEVICE_FD: the VFIO core in front of a vendor driver. */
export class DeviceFile extends PlainFile {
  constructor(
    private readonly device: VendorDevice,
    private readonly group: Group,
    private readonly files: FileTable,
    private readonly order: ByteOrder,
  ) {
    super();
  }

  services(): KernelServices {
    return {
      dma: new DmaAccess(() => this.group.container?.iommu, this.device.backing.mediated),
      eventfd: (fd) => {
        const file = this.files.get(fd);
        return file instanceof EventFile ? file : undefined;
      },
      isOpen: (fd) => this.files.get(fd) !== undefined,
    };
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    if (request === DEVICE_RESET) return this.device.ioctl(request, new UserStructure(new Uint8Array(0), this.order));
    const structure = asStructure(argument, this.order);
    if (structure === undefined) return fail('EFAULT');
    return request === DEVICE_FEATURE ? this.feature(structure) : this.device.ioctl(request, structure);
  }

  override pread(into: Uint8Array, offset: bigint): number {
    if (offset < 0n || offset >= OFFSET_END) return fail('EINVAL');
    return into.length === 0 ? 0 : this.device.pread(into, offset);
  }

  override pwrite(from: Uint8Array, offset: bigint): number {
    if (offset < 0n || offset >= OFFSET_END) return fail('EINVAL');
    return from.length === 0 ? 0 : this.device.pwrite(from, offset);
  }

  override mmap(length: number, offset: bigint, write: boolean): DeviceMapping | number {
    return this.device.mmap(length, offset, write);
  }

  override release(): void {
    this.group.closeDevice(this.device);
  }

  /** No feature is supported: neither version 2 migration nor any other. */
  private feature(structure: UserStructure): number {
    const flags = structure.u32(vfioDeviceFeature.fields.flags.offset);
    const known =
      VFIO_DEVICE_FEATURE_MASK | VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PROBE;
    const both = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;
    if (structure.u32(0) < vfioDeviceFeature.size || (flags & ~known) !== 0) return fail('EINVAL');
    if ((flags & VFIO_DEVICE_FEATURE_PROBE) === 0 && (flags & both) === both) return fail('EINVAL');
    return fail('ENOTTY');
  }
}
