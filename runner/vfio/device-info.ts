/** What VFIO_DEVICE_GET_INFO says of a device. */
import { busNames, VFIO_DEVICE_FLAGS_CAPS, VFIO_DEVICE_FLAGS_RESET, type VfioDeviceInfo, vfioDeviceInfo } from '../abi';
import type { VfioHost } from '../host/vfio-host';
import { type Info, type InfoIoctl, infoCall } from './info-call';
import type { Limits } from './limits';
import { type Outcome, success } from './outcome';

export const DEVICE_INFO: InfoIoctl<typeof vfioDeviceInfo.fields> = {
  name: 'VFIO_DEVICE_GET_INFO',
  layout: vfioDeviceInfo,
  capsFlag: VFIO_DEVICE_FLAGS_CAPS,
};

export interface DeviceInfo extends Info<VfioDeviceInfo> {
  readonly flags: number;
  /** Bus types that the flags claim: pci, ccw, fsl-mc, ... */
  readonly buses: readonly string[];
  readonly canReset: boolean;
  /** Highest index + 1, as the device says; not checked. */
  readonly numRegions: number;
  readonly numIrqs: number;
}

export function readDeviceInfo(host: VfioHost, fd: number, limits: Limits): Outcome<DeviceInfo> {
  const answer = infoCall(host, fd, DEVICE_INFO, {}, limits);
  if (!answer.ok) {
    return answer;
  }
  const { flags, num_regions, num_irqs } = answer.value.values;
  return success({
    ...answer.value,
    flags,
    buses: busNames(flags),
    canReset: (flags & VFIO_DEVICE_FLAGS_RESET) !== 0,
    numRegions: num_regions,
    numIrqs: num_irqs,
  });
}
