/** struct vfio_device_info: VFIO_DEVICE_GET_INFO, and the ids of its capabilities. */
import { defineLayout, type LayoutValues, u32 } from '../layout';

/** VFIO_DEVICE_RESET works. */
export const VFIO_DEVICE_FLAGS_RESET = 1 << 0;
export const VFIO_DEVICE_FLAGS_PCI = 1 << 1;
export const VFIO_DEVICE_FLAGS_PLATFORM = 1 << 2;
export const VFIO_DEVICE_FLAGS_AMBA = 1 << 3;
export const VFIO_DEVICE_FLAGS_CCW = 1 << 4;
export const VFIO_DEVICE_FLAGS_AP = 1 << 5;
export const VFIO_DEVICE_FLAGS_FSL_MC = 1 << 6;
/** cap_offset is valid. */
export const VFIO_DEVICE_FLAGS_CAPS = 1 << 7;
/** Since Linux 6.4. */
export const VFIO_DEVICE_FLAGS_CDX = 1 << 8;

/** `device_api` of a mediated device's type in sysfs, one for each bus flag. */
export const VFIO_DEVICE_API_PCI_STRING = 'vfio-pci';
export const VFIO_DEVICE_API_PLATFORM_STRING = 'vfio-platform';
export const VFIO_DEVICE_API_AMBA_STRING = 'vfio-amba';
export const VFIO_DEVICE_API_CCW_STRING = 'vfio-ccw';
export const VFIO_DEVICE_API_AP_STRING = 'vfio-ap';

/** Capabilities of s390 zPCI devices; their contents stand in <linux/vfio_zdev.h>. */
export const VFIO_DEVICE_INFO_CAP_ZPCI_BASE = 1;
export const VFIO_DEVICE_INFO_CAP_ZPCI_GROUP = 2;
export const VFIO_DEVICE_INFO_CAP_ZPCI_UTIL = 3;
export const VFIO_DEVICE_INFO_CAP_ZPCI_PFIP = 4;

/**
 * Linux 6.6 added a `pad` after cap_offset, so that sizeof became 24 and chains start there; the kit asks with 20 or more and
 * takes the chain's start from cap_offset alone.
 */
export const vfioDeviceInfo = defineLayout(
  'vfio_device_info',
  {
    argsz: u32(0),
    flags: u32(4),
    /** Highest region index + 1. */
    num_regions: u32(8),
    /** Highest IRQ index + 1. */
    num_irqs: u32(12),
    /** Offset of the first capability from the start of this structure; meaningless without FLAGS_CAPS. */
    cap_offset: u32(16),
  },
  20,
);
export type VfioDeviceInfo = LayoutValues<typeof vfioDeviceInfo>;

/** The bus flags and their short names. */
export const BUS_FLAGS: ReadonlyMap<number, string> = new Map([
  [VFIO_DEVICE_FLAGS_PCI, 'pci'],
  [VFIO_DEVICE_FLAGS_PLATFORM, 'platform'],
  [VFIO_DEVICE_FLAGS_AMBA, 'amba'],
  [VFIO_DEVICE_FLAGS_CCW, 'ccw'],
  [VFIO_DEVICE_FLAGS_AP, 'ap'],
  [VFIO_DEVICE_FLAGS_FSL_MC, 'fsl-mc'],
  [VFIO_DEVICE_FLAGS_CDX, 'cdx'],
]);

/** Names of the bus types that `flags` claims; a correct device claims one. */
export function busNames(flags: number): string[] {
  return [...BUS_FLAGS].filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}
