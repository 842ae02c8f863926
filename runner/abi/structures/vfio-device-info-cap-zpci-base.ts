/** struct vfio_device_info_cap_zpci_base of <linux/vfio_zdev.h>: the PCI function, in version 1 and 2. */
import { defineLayout, type LayoutValues, struct, u8, u16, u32, u64 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';

const version1 = {
  header: struct(0, vfioInfoCapHeader),
  /** First and last DMA address. */
  start_dma: u64(8),
  end_dma: u64(16),
  /** Physical channel id. */
  pchid: u16(24),
  /** Virtual function number. */
  vfn: u16(26),
  /** Measurement block length in bytes. */
  fmb_length: u16(28),
  /** PCI function type. */
  pft: u8(30),
  /** PCI function group id. */
  gid: u8(31),
};

export const vfioDeviceInfoCapZpciBaseV1 = defineLayout('vfio_device_info_cap_zpci_base', version1, 32);
export type VfioDeviceInfoCapZpciBaseV1 = LayoutValues<typeof vfioDeviceInfoCapZpciBaseV1>;

export const vfioDeviceInfoCapZpciBase = defineLayout(
  'vfio_device_info_cap_zpci_base',
  {
    ...version1,
    /** PCI function handle; from version 2. */
    fh: u32(32),
  },
  40,
);
export type VfioDeviceInfoCapZpciBase = LayoutValues<typeof vfioDeviceInfoCapZpciBase>;
