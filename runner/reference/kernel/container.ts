import { ioctlNumber } from '../../abi/ioctls';
import {
  VFIO_API_VERSION,
  VFIO_TYPE1_IOMMU,
  VFIO_TYPE1_NESTING_IOMMU,
  VFIO_TYPE1v2_IOMMU,
} from '../../abi/structures/vfio-extensions';
import { asNumber, asStructure } from './argument';
import { fail } from './errno';
import type { Group } from './group';
import type { IoctlArgument } from './open-file';
import { PlainFile } from './plain-file';
import { Type1Iommu } from './type1-iommu';
import type { Type1Options } from './type1-mappings';

const ENCODING = 'generic';
const GET_API_VERSION = ioctlNumber('VFIO_GET_API_VERSION', ENCODING);
const CHECK_EXTENSION = ioctlNumber('VFIO_CHECK_EXTENSION', ENCODING);
const SET_IOMMU = ioctlNumber('VFIO_SET_IOMMU', ENCODING);
const GET_INFO = ioctlNumber('VFIO_IOMMU_GET_INFO', ENCODING);
const MAP_DMA = ioctlNumber('VFIO_IOMMU_MAP_DMA', ENCODING);
const UNMAP_DMA = ioctlNumber('VFIO_IOMMU_UNMAP_DMA', ENCODING);
const DIRTY_PAGES = ioctlNumber('VFIO_IOMMU_DIRTY_PAGES', ENCODING);

/** /dev/vfio/vfio, opened once: groups and, once an IOMMU type is set, their mappings. */
export class Container extends PlainFile {
  private readonly groups = new Set<Group>();
  private driver: Type1Iommu | undefined;

  constructor(
    private readonly options: Type1Options,
    private readonly onIommu: (iommu: Type1Iommu) => void,
  ) {
    super();
  }

  get iommu(): Type1Iommu | undefined {
    return this.driver;
  }

  addGroup(group: Group): void {
    this.groups.add(group);
    this.driver?.attach(group.backing);
  }

  /** With its last group a container loses its IOMMU and every mapping. */
  removeGroup(group: Group): void {
    if (!this.groups.delete(group)) return;
    this.driver?.detach(group.backing);
    if (this.groups.size === 0) this.driver = undefined;
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    switch (request) {
      case GET_API_VERSION:
        return VFIO_API_VERSION;
      case CHECK_EXTENSION:
        return Type1Iommu.checkExtension(asNumber(argument), this.driver);
      case SET_IOMMU:
        return this.setIommu(asNumber(argument));
      default:
        return this.driver === undefined ? fail('EINVAL') : this.iommuIoctl(this.driver, request, argument);
    }
  }

  private setIommu(type: bigint): number {
    if (this.groups.size === 0 || this.driver !== undefined) return fail('EINVAL');
    if (Type1Iommu.checkExtension(type, undefined) <= 0) return fail('ENODEV');
    const wanted = Number(type);
    const v2 = wanted === VFIO_TYPE1v2_IOMMU || wanted === VFIO_TYPE1_NESTING_IOMMU;
    if (!v2 && wanted !== VFIO_TYPE1_IOMMU) return fail('EINVAL');
    const iommu = new Type1Iommu(this.options, v2);
    for (const group of this.groups) iommu.attach(group.backing);
    this.driver = iommu;
    this.onIommu(iommu);
    return 0;
  }

  private iommuIoctl(iommu: Type1Iommu, request: number, argument: IoctlArgument): number {
    const structure = asStructure(argument, this.options.order);
    switch (request) {
      case GET_INFO:
        return structure === undefined ? fail('EFAULT') : iommu.getInfo(structure);
      case MAP_DMA:
        return structure === undefined ? fail('EFAULT') : iommu.mapDma(structure);
      case UNMAP_DMA:
        return structure === undefined ? fail('EFAULT') : iommu.unmapDma(structure);
      case DIRTY_PAGES:
        if (!iommu.v2) return fail('EACCES');
        return structure === undefined ? fail('EFAULT') : iommu.dirtyPages(structure);
      default:
        return fail('ENOTTY');
    }
  }
}
