/** struct vfio_device_info_cap_zpci_util of <linux/vfio_zdev.h>: the utility string, EBCDIC. */
import type { ByteOrder } from '../byte-order';
import { decodeSizedBytes, type SizedBytes } from '../flexible-array';
import { defineLayout, type LayoutValues, struct, u32 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';

export const vfioDeviceInfoCapZpciUtil = defineLayout(
  'vfio_device_info_cap_zpci_util',
  {
    header: struct(0, vfioInfoCapHeader),
    /** Bytes of util_str that follow. */
    size: u32(8),
  },
  12,
);
export type VfioDeviceInfoCapZpciUtil = LayoutValues<typeof vfioDeviceInfoCapZpciUtil>;

/** `util_str` of a capability that starts at byte 0 of `bytes`; as much of it as the bytes hold. */
export function decodeZpciUtil(bytes: Uint8Array, order: ByteOrder): SizedBytes {
  const { size } = vfioDeviceInfoCapZpciUtil.decode(bytes, order);
  return decodeSizedBytes(size, bytes, vfioDeviceInfoCapZpciUtil.size);
}
