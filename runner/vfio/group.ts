/** A VFIO group: /dev/vfio/NUMBER. */
import { ioctlNumber, VFIO_GROUP_FLAGS_CONTAINER_SET, VFIO_GROUP_FLAGS_VIABLE, vfioGroupStatus } from '../abi';
import type { VfioHost } from '../host/vfio-host';
import type { Container } from './container';
import { DONE, kernelFailure, type Outcome, success } from './outcome';

export interface GroupStatus {
  /** Every device of the group is bound to a VFIO driver, or to none. */
  readonly viable: boolean;
  readonly containerSet: boolean;
  readonly flags: number;
}

export class Group {
  private closed = false;

  private constructor(
    readonly host: VfioHost,
    /** The IOMMU group's number. */
    readonly number: number,
    readonly fd: number,
  ) {}

  static open(host: VfioHost, number: number): Outcome<Group> {
    const path = groupPath(number);
    const fd = host.open(path, 'read-write');
    return fd < 0 ? kernelFailure(`open ${path}`, fd) : success(new Group(host, number, fd));
  }

  status(): Outcome<GroupStatus> {
    const order = this.host.facts.byteOrder;
    const bytes = vfioGroupStatus.encode({ argsz: vfioGroupStatus.size }, order);
    const result = this.ioctl('VFIO_GROUP_GET_STATUS', bytes);
    if (result < 0) {
      return kernelFailure('VFIO_GROUP_GET_STATUS', result);
    }
    const { flags } = vfioGroupStatus.decode(bytes, order);
    return success({
      viable: (flags & VFIO_GROUP_FLAGS_VIABLE) !== 0,
      containerSet: (flags & VFIO_GROUP_FLAGS_CONTAINER_SET) !== 0,
      flags,
    });
  }

  setContainer(container: Container): Outcome {
    const fd = new Uint8Array(4);
    new DataView(fd.buffer).setInt32(0, container.fd, this.host.facts.byteOrder === 'little');
    const result = this.ioctl('VFIO_GROUP_SET_CONTAINER', fd);
    return result < 0 ? kernelFailure('VFIO_GROUP_SET_CONTAINER', result) : DONE;
  }

  /** EBUSY while a device of the group is open. */
  unsetContainer(): Outcome {
    const result = this.ioctl('VFIO_GROUP_UNSET_CONTAINER');
    return result < 0 ? kernelFailure('VFIO_GROUP_UNSET_CONTAINER', result) : DONE;
  }

  /** The descriptor of a device of this group, by the name that sysfs has for it. */
  deviceFd(name: string): Outcome<number> {
    const result = this.ioctl('VFIO_GROUP_GET_DEVICE_FD', new TextEncoder().encode(`${name}\0`));
    return result < 0 ? kernelFailure('VFIO_GROUP_GET_DEVICE_FD', result) : success(result);
  }

  /** Safe to call twice. */
  close(): Outcome {
    if (this.closed) {
      return DONE;
    }
    this.closed = true;
    const result = this.host.close(this.fd);
    return result < 0 ? kernelFailure('close', result) : DONE;
  }

  private ioctl(
    name:
      | 'VFIO_GROUP_GET_STATUS'
      | 'VFIO_GROUP_SET_CONTAINER'
      | 'VFIO_GROUP_UNSET_CONTAINER'
      | 'VFIO_GROUP_GET_DEVICE_FD',
    argument?: Uint8Array,
  ): number {
    return this.host.ioctl(this.fd, ioctlNumber(name, this.host.facts.ioctlEncoding), argument);
  }
}

export function groupPath(number: number): string {
  return `/dev/vfio/${number}`;
}
