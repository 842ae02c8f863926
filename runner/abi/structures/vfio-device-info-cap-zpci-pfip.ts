/** struct vfio_device_info_cap_zpci_pfip of <linux/vfio_zdev.h>: the internal function path. */
import type { ByteOrder } from '../byte-order';
import { decodeSizedBytes, type SizedBytes } from '../flexible-array';
import { defineLayout, type LayoutValues, struct, u32 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';

export const vfioDeviceInfoCapZpciPfip = defineLayout(
  'vfio_device_info_cap_zpci_pfip',
  {
    header: struct(0, vfioInfoCapHeader),
    /** Bytes of pfip that follow. */
    size: u32(8),
  },
  12,
);
export type VfioDeviceInfoCapZpciPfip = LayoutValues<typeof vfioDeviceInfoCapZpciPfip>;

/** `pfip` of a capability that starts at byte 0 of `bytes`; as much of it as the bytes hold. */
export function decodeZpciPfip(bytes: Uint8Array, order: ByteOrder): SizedBytes {
  const { size } = vfioDeviceInfoCapZpciPfip.decode(bytes, order);
  return decodeSizedBytes(size, bytes, vfioDeviceInfoCapZpciPfip.size);
}
