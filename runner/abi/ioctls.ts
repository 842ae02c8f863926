/**
 * Every ioctl of <linux/vfio.h> that a container, a group or a device answers, by name.
 *
 * Numbers repeat: _IO(VFIO_TYPE, VFIO_BASE + 12) is VFIO_IOMMU_GET_INFO on a container and VFIO_DEVICE_GET_PCI_HOT_RESET_INFO on a
 * device, so a name can be told for sure only with the kind of descriptor it is called on.
 */
import { _IO, type IoctlEncoding, VFIO_BASE, VFIO_TYPE } from './ioctl-number';
import type { Layout } from './layout';
import { vfioDeviceFeature } from './structures/vfio-device-feature';
import { vfioDeviceInfo } from './structures/vfio-device-info';
import { vfioGroupStatus } from './structures/vfio-group-status';
import { vfioIommuType1DirtyBitmap } from './structures/vfio-iommu-type1-dirty-bitmap';
import { vfioIommuType1DmaMap } from './structures/vfio-iommu-type1-dma-map';
import { vfioIommuType1DmaUnmap } from './structures/vfio-iommu-type1-dma-unmap';
import { vfioIommuType1Info } from './structures/vfio-iommu-type1-info';
import { vfioIrqInfo } from './structures/vfio-irq-info';
import { vfioIrqSet } from './structures/vfio-irq-set';
import { vfioRegionInfo } from './structures/vfio-region-info';

/** What kind of descriptor answers an ioctl. */
export type IoctlTarget = 'container' | 'group' | 'device';

export interface IoctlDefinition {
  readonly target: IoctlTarget;
  /** Added to VFIO_BASE. */
  readonly nr: number;
  /** What the argument points at; absent where it is a number, a string or something the kit has no use for. */
  readonly layout?: Layout;
}

const table = {
  VFIO_GET_API_VERSION: { target: 'container', nr: 0 },
  VFIO_CHECK_EXTENSION: { target: 'container', nr: 1 },
  VFIO_SET_IOMMU: { target: 'container', nr: 2 },
  VFIO_GROUP_GET_STATUS: { target: 'group', nr: 3, layout: vfioGroupStatus as Layout },
  VFIO_GROUP_SET_CONTAINER: { target: 'group', nr: 4 },
  VFIO_GROUP_UNSET_CONTAINER: { target: 'group', nr: 5 },
  VFIO_GROUP_GET_DEVICE_FD: { target: 'group', nr: 6 },
  VFIO_DEVICE_GET_INFO: { target: 'device', nr: 7, layout: vfioDeviceInfo as Layout },
  VFIO_DEVICE_GET_REGION_INFO: { target: 'device', nr: 8, layout: vfioRegionInfo as Layout },
  VFIO_DEVICE_GET_IRQ_INFO: { target: 'device', nr: 9, layout: vfioIrqInfo as Layout },
  VFIO_DEVICE_SET_IRQS: { target: 'device', nr: 10, layout: vfioIrqSet as Layout },
  VFIO_DEVICE_RESET: { target: 'device', nr: 11 },
  VFIO_DEVICE_GET_PCI_HOT_RESET_INFO: { target: 'device', nr: 12 },
  VFIO_DEVICE_PCI_HOT_RESET: { target: 'device', nr: 13 },
  VFIO_DEVICE_QUERY_GFX_PLANE: { target: 'device', nr: 14 },
  VFIO_DEVICE_GET_GFX_DMABUF: { target: 'device', nr: 15 },
  VFIO_DEVICE_IOEVENTFD: { target: 'device', nr: 16 },
  VFIO_DEVICE_FEATURE: { target: 'device', nr: 17, layout: vfioDeviceFeature as Layout },
  VFIO_IOMMU_GET_INFO: { target: 'container', nr: 12, layout: vfioIommuType1Info as Layout },
  VFIO_IOMMU_MAP_DMA: { target: 'container', nr: 13, layout: vfioIommuType1DmaMap as Layout },
  VFIO_IOMMU_UNMAP_DMA: { target: 'container', nr: 14, layout: vfioIommuType1DmaUnmap as Layout },
  VFIO_IOMMU_ENABLE: { target: 'container', nr: 15 },
  VFIO_IOMMU_DISABLE: { target: 'container', nr: 16 },
  VFIO_IOMMU_DIRTY_PAGES: { target: 'container', nr: 17, layout: vfioIommuType1DirtyBitmap as Layout },
} as const satisfies Record<string, IoctlDefinition>;

export type IoctlName = keyof typeof table;

/** All of them, by name. */
export const IOCTLS: Readonly<Record<IoctlName, IoctlDefinition>> = table;

/** The request number on a host with this encoding. */
export function ioctlNumber(name: IoctlName, encoding: IoctlEncoding): number {
  return _IO(VFIO_TYPE, VFIO_BASE + table[name].nr, encoding);
}

/** True for a word that names an ioctl. */
export function isIoctlName(word: string): word is IoctlName {
  return Object.hasOwn(table, word);
}

/**
 * The name of a request, for traces. Without `target` a number that two kinds of descriptor use gives both names, joined by ` or `;
 * a number that is none of VFIO's gives its hexadecimal form.
 */
export function ioctlName(request: number, encoding: IoctlEncoding, target?: IoctlTarget): string {
  const names = (Object.keys(table) as IoctlName[]).filter(
    (name) => ioctlNumber(name, encoding) === request && (target === undefined || table[name].target === target),
  );
  return names.length > 0 ? names.join(' or ') : `ioctl 0x${request.toString(16)}`;
}
