import {
  VFIO_DEVICE_INFO_CAP_ZPCI_BASE,
  VFIO_DEVICE_INFO_CAP_ZPCI_GROUP,
  VFIO_DEVICE_INFO_CAP_ZPCI_PFIP,
  VFIO_DEVICE_INFO_CAP_ZPCI_UTIL,
} from '../../abi/structures/vfio-device-info';
import { vfioDeviceInfoCapZpciBase } from '../../abi/structures/vfio-device-info-cap-zpci-base';
import { vfioDeviceInfoCapZpciGroup } from '../../abi/structures/vfio-device-info-cap-zpci-group';
import { zpciCapabilities } from '../device/personality-zpci';
import type { ReferenceDevice } from '../device/reference-device';
import { CAPABILITY_HEADER_SIZE, type Capability } from '../kernel/info-chain';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const ZPCI = ['zpci'] as const;

/** Changes a copy of one capability's bytes behind its header; `at` counts from the header. */
function change(device: ReferenceDevice, id: number, edit: (view: DataView, little: boolean) => void): void {
  replace(device, id, (capability) => {
    const body = capability.body.slice();
    edit(new DataView(body.buffer), device.model.order === 'little');
    return { ...capability, body };
  });
}

function replace(device: ReferenceDevice, id: number, edit: (capability: Capability) => Capability): void {
  override(
    device.information,
    'capabilities',
    (original) => () => original().map((capability) => (capability.id === id ? edit(capability) : capability)),
  );
}

const BASE = vfioDeviceInfoCapZpciBase.fields;
const GROUP = vfioDeviceInfoCapZpciGroup.fields;
/** Offset in a body of a field whose offset counts from the header. */
const inBody = (offset: number): number => offset - CAPABILITY_HEADER_SIZE;

export const ZPCI_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'zpci-on-other-bus',
    breaks: ['ZPCI-UNIQUE'],
    summary: 'a device of a host that is not s390x shows the zPCI capabilities',
    personalities: ['pci'],
    device: (device) =>
      override(device.information, 'capabilities', (original) => () => [
        ...original(),
        ...zpciCapabilities(device.model.order),
      ]),
  }),
  fault({
    name: 'zpci-base-twice',
    breaks: ['ZPCI-UNIQUE'],
    summary: 'BASE stands in the chain twice',
    personalities: ZPCI,
    device: (device) =>
      override(device.information, 'capabilities', (original) => () => [...original(), ...original().slice(0, 1)]),
  }),
  fault({
    name: 'zpci-dma-range-reversed',
    breaks: ['ZPCI-BASE'],
    summary: 'start_dma is larger than end_dma',
    personalities: ZPCI,
    device: (device) =>
      change(device, VFIO_DEVICE_INFO_CAP_ZPCI_BASE, (view, little) => {
        const start = view.getBigUint64(inBody(BASE.start_dma.offset), little);
        view.setBigUint64(
          inBody(BASE.start_dma.offset),
          view.getBigUint64(inBody(BASE.end_dma.offset), little),
          little,
        );
        view.setBigUint64(inBody(BASE.end_dma.offset), start, little);
      }),
  }),
  fault({
    name: 'zpci-base-without-fh',
    breaks: ['ZPCI-BASE'],
    summary: 'BASE says version 2 but ends where version 1 does: fh is the next capability’s header',
    personalities: ZPCI,
    device: (device) =>
      replace(device, VFIO_DEVICE_INFO_CAP_ZPCI_BASE, (capability) => ({
        ...capability,
        body: capability.body.subarray(0, 24),
      })),
  }),
  fault({
    name: 'zpci-group-cut',
    breaks: ['ZPCI-GROUP'],
    summary: 'GROUP says version 2 but has 40 bytes: imaxstbl is not there',
    personalities: ZPCI,
    device: (device) =>
      replace(device, VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, (capability) => ({
        ...capability,
        body: capability.body.subarray(0, 32),
      })),
  }),
  fault({
    name: 'zpci-group-version-zero',
    breaks: ['ZPCI-GROUP'],
    summary: 'GROUP’s header says version 0, a structure that nobody defined',
    personalities: ZPCI,
    device: (device) =>
      replace(device, VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, (capability) => ({ ...capability, version: 0 })),
  }),
  fault({
    name: 'zpci-group-reserved-set',
    breaks: ['ZPCI-GROUP-RESERVED'],
    summary: 'GROUP’s reserved byte is 0xff',
    personalities: ZPCI,
    device: (device) =>
      change(device, VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, (view) => view.setUint8(inBody(GROUP.reserved.offset), 0xff)),
  }),
  fault({
    name: 'zpci-group-unknown-flag',
    breaks: ['ZPCI-GROUP-RESERVED'],
    summary: 'GROUP sets flag bit 1, which means nothing',
    personalities: ZPCI,
    device: (device) =>
      change(device, VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, (view, little) =>
        view.setBigUint64(inBody(GROUP.flags.offset), 3n, little),
      ),
  }),
  fault({
    name: 'zpci-util-counts-header',
    breaks: ['ZPCI-UTIL'],
    summary: 'UTIL’s size counts header and size field as well: the string runs into the next capability',
    personalities: ZPCI,
    device: (device) =>
      change(device, VFIO_DEVICE_INFO_CAP_ZPCI_UTIL, (view, little) => view.setUint32(0, 64 + 12 + 4, little)),
  }),
  fault({
    name: 'zpci-util-size-wild',
    breaks: ['ZPCI-UTIL'],
    summary: 'UTIL’s size is 0xffffffff',
    personalities: ZPCI,
    device: (device) =>
      change(device, VFIO_DEVICE_INFO_CAP_ZPCI_UTIL, (view, little) => view.setUint32(0, 0xffff_ffff, little)),
  }),
  fault({
    name: 'zpci-pfip-one-too-many',
    breaks: ['ZPCI-PFIP'],
    summary: 'PFIP’s size is 5, but the chain ends after 4 bytes of path',
    personalities: ZPCI,
    device: (device) => change(device, VFIO_DEVICE_INFO_CAP_ZPCI_PFIP, (view, little) => view.setUint32(0, 5, little)),
  }),
  fault({
    name: 'zpci-handle-changes',
    breaks: ['ZPCI-STABLE'],
    summary: 'the fmb_length that BASE reports grows with every call',
    personalities: ZPCI,
    device: (device) => {
      let calls = 0;
      change(device, VFIO_DEVICE_INFO_CAP_ZPCI_BASE, (view, little) =>
        view.setUint16(inBody(BASE.fmb_length.offset), ++calls, little),
      );
    },
  }),
  fault({
    name: 'zpci-util-lost-in-reset',
    breaks: ['ZPCI-STABLE'],
    summary: 'after VFIO_DEVICE_RESET the UTIL capability is gone',
    personalities: ZPCI,
    device: (device) => {
      let wasReset = false;
      override(device, 'reset', (original) => () => {
        wasReset = true;
        return original();
      });
      override(
        device.information,
        'capabilities',
        (original) => () =>
          wasReset ? original().filter((capability) => capability.id !== VFIO_DEVICE_INFO_CAP_ZPCI_UTIL) : original(),
      );
    },
  }),
  fault({
    name: 'zpci-capabilities-missing',
    breaks: ['ZPCI-PRESENT'],
    summary: 'device info of a zPCI function has no capabilities at all, and no CAPS flag',
    personalities: ZPCI,
    device: (device) => override(device.information, 'capabilities', () => () => []),
  }),
  fault({
    name: 'zpci-group-missing',
    breaks: ['ZPCI-PRESENT'],
    summary: 'BASE is there, GROUP is not',
    personalities: ZPCI,
    device: (device) =>
      override(
        device.information,
        'capabilities',
        (original) => () => original().filter((capability) => capability.id !== VFIO_DEVICE_INFO_CAP_ZPCI_GROUP),
      ),
  }),
];
