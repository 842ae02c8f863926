/** A VFIO container: /dev/vfio/vfio. Its IOMMU calls are in iommu.ts and dirty-log.ts. */
import { ioctlNumber } from '../abi';
import type { VfioHost } from '../host/vfio-host';
import { DONE, kernelFailure, type Outcome, outcomeOf, success } from './outcome';

export const CONTAINER_PATH = '/dev/vfio/vfio';

export class Container {
  private closed = false;

  private constructor(
    readonly host: VfioHost,
    readonly fd: number,
  ) {}

  static open(host: VfioHost): Outcome<Container> {
    const fd = host.open(CONTAINER_PATH, 'read-write');
    return fd < 0 ? kernelFailure(`open ${CONTAINER_PATH}`, fd) : success(new Container(host, fd));
  }

  /** VFIO_API_VERSION (0) on every kernel there is. */
  apiVersion(): Outcome<number> {
    return outcomeOf('VFIO_GET_API_VERSION', this.call('VFIO_GET_API_VERSION'));
  }

  /** Whether an extension (VFIO_TYPE1v2_IOMMU, VFIO_UNMAP_ALL, ...) is there; some depend on the groups attached. */
  checkExtension(extension: number): Outcome<boolean> {
    const result = this.call('VFIO_CHECK_EXTENSION', extension);
    return result < 0 ? kernelFailure('VFIO_CHECK_EXTENSION', result) : success(result > 0);
  }

  /** Needs a group attached. */
  setIommu(type: number): Outcome {
    const result = this.call('VFIO_SET_IOMMU', type);
    return result < 0 ? kernelFailure('VFIO_SET_IOMMU', result) : DONE;
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

  private call(name: 'VFIO_GET_API_VERSION' | 'VFIO_CHECK_EXTENSION' | 'VFIO_SET_IOMMU', argument?: number): number {
    return this.host.ioctl(this.fd, ioctlNumber(name, this.host.facts.ioctlEncoding), argument);
  }
}
