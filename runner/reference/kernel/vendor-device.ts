import type { DmaAccess } from './dma-access';
import type { GroupBacking } from './iommu-capabilities';
import type { DeviceMapping } from './open-file';
import type { UserStructure } from './user-structure';

/** What the kernel lets a vendor driver use while its device is open. */
export interface KernelServices {
  readonly dma: DmaAccess;
  /** The eventfd behind a descriptor: signal() adds one to it; undefined when the descriptor is no eventfd. */
  eventfd(fd: number): { signal(): void } | undefined;
  /** Whether a descriptor is open at all. */
  isOpen(fd: number): boolean;
}

/** What a vendor driver is to the VFIO core (struct vfio_device_ops). Answers are values >= 0 or -errno. */
export interface VendorDevice {
  /** Its name in sysfs and for VFIO_GROUP_GET_DEVICE_FD. */
  readonly name: string;
  readonly backing: GroupBacking;
  open(services: KernelServices): number;
  close(): void;
  /** VFIO_DEVICE_GET_INFO and so on, without the ioctls of the VFIO core itself. */
  ioctl(request: number, structure: UserStructure): number;
  pread(into: Uint8Array, offset: bigint): number;
  pwrite(from: Uint8Array, offset: bigint): number;
  mmap(length: number, offset: bigint, write: boolean): DeviceMapping | number;
}
