import type { ByteOrder } from '../../abi/byte-order';
import {
  VFIO_DEVICE_INFO_CAP_ZPCI_BASE,
  VFIO_DEVICE_INFO_CAP_ZPCI_GROUP,
  VFIO_DEVICE_INFO_CAP_ZPCI_PFIP,
  VFIO_DEVICE_INFO_CAP_ZPCI_UTIL,
} from '../../abi/structures/vfio-device-info';
import { vfioDeviceInfoCapZpciBase } from '../../abi/structures/vfio-device-info-cap-zpci-base';
import {
  VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH,
  vfioDeviceInfoCapZpciGroup,
} from '../../abi/structures/vfio-device-info-cap-zpci-group';
import { vfioDeviceInfoCapZpciPfip } from '../../abi/structures/vfio-device-info-cap-zpci-pfip';
import { vfioDeviceInfoCapZpciUtil } from '../../abi/structures/vfio-device-info-cap-zpci-util';
import { CAPABILITY_HEADER_SIZE, type Capability } from '../kernel/info-chain';

/** DMA addresses of the function, which are also what may be mapped. */
export const ZPCI_DMA = { start: 0x1_0000_0000n, end: 0x1_3fff_ffffn };

/** `VFIO REFERENCE` in EBCDIC, padded with blanks to the 64 bytes of a utility string. */
const UTILITY_TEXT = [0xe5, 0xc6, 0xc9, 0xd6, 0x40, 0xd9, 0xc5, 0xc6, 0xc5, 0xd9, 0xc5, 0xd5, 0xc3, 0xc5];
const UTILITY_SIZE = 64;
const EBCDIC_BLANK = 0x40;
const PATH_SIZE = 4;

/** BASE and GROUP in version 2, UTIL and PFIP in version 1: the values of a real function's answer where there is one. */
export function zpciCapabilities(order: ByteOrder): Capability[] {
  const base = vfioDeviceInfoCapZpciBase.encode(
    {
      start_dma: ZPCI_DMA.start,
      end_dma: ZPCI_DMA.end,
      pchid: 0x0110,
      vfn: 0,
      fmb_length: 0,
      pft: 0,
      gid: 0xff,
      fh: 0x8002_0000,
    },
    order,
  );
  const group = vfioDeviceInfoCapZpciGroup.encode(
    {
      dasm: 0n,
      msi_addr: 0xfe00_0000_0000_0000n,
      flags: BigInt(VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH),
      mui: 0xfa0,
      noi: 0x40,
      maxstbl: 0x80,
      version: 1,
      imaxstbl: 0x80,
    },
    order,
  );
  const text = new Uint8Array(UTILITY_SIZE).fill(EBCDIC_BLANK);
  text.set(UTILITY_TEXT);
  const util = withBytes(vfioDeviceInfoCapZpciUtil.encode({ size: UTILITY_SIZE }, order), text);
  const path = withBytes(vfioDeviceInfoCapZpciPfip.encode({ size: PATH_SIZE }, order), Uint8Array.of(0, 1, 0, 0));
  return [
    { id: VFIO_DEVICE_INFO_CAP_ZPCI_BASE, version: 2, body: base.subarray(CAPABILITY_HEADER_SIZE) },
    { id: VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, version: 2, body: group.subarray(CAPABILITY_HEADER_SIZE) },
    { id: VFIO_DEVICE_INFO_CAP_ZPCI_UTIL, version: 1, body: util.subarray(CAPABILITY_HEADER_SIZE) },
    { id: VFIO_DEVICE_INFO_CAP_ZPCI_PFIP, version: 1, body: path.subarray(CAPABILITY_HEADER_SIZE) },
  ];
}

function withBytes(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
