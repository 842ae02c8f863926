/** struct vfio_device_info_cap_zpci_group of <linux/vfio_zdev.h>: the function's group, in version 1 and 2. */
import { defineLayout, type LayoutValues, struct, u8, u16, u64 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';

/** Program-specified TLB refresh. */
export const VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH = 1;

const version1 = {
  header: struct(0, vfioInfoCapHeader),
  /** DMA address space mask. */
  dasm: u64(8),
  msi_addr: u64(16),
  flags: u64(24),
  /** Measurement block update interval. */
  mui: u16(32),
  /** Maximum number of MSIs. */
  noi: u16(34),
  /** Maximum store block length. */
  maxstbl: u16(36),
  /** Supported PCI version. */
  version: u8(38),
};

export const vfioDeviceInfoCapZpciGroupV1 = defineLayout('vfio_device_info_cap_zpci_group', version1, 40);
export type VfioDeviceInfoCapZpciGroupV1 = LayoutValues<typeof vfioDeviceInfoCapZpciGroupV1>;

export const vfioDeviceInfoCapZpciGroup = defineLayout(
  'vfio_device_info_cap_zpci_group',
  {
    ...version1,
    /** From version 2. */
    reserved: u8(39),
    /** Maximum interpreted store block length; from version 2. */
    imaxstbl: u16(40),
  },
  48,
);
export type VfioDeviceInfoCapZpciGroup = LayoutValues<typeof vfioDeviceInfoCapZpciGroup>;
