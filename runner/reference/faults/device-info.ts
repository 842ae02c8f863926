import {
  VFIO_DEVICE_FLAGS_CAPS,
  VFIO_DEVICE_FLAGS_PLATFORM,
  VFIO_DEVICE_FLAGS_RESET,
  vfioDeviceInfo,
} from '../../abi/structures/vfio-device-info';
import type { ReferenceDevice } from '../device/reference-device';
import { EmptyRegion } from '../device/region';
import { fail } from '../kernel/errno';
import type { InfoReply } from '../kernel/info-reply';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const CAP_OFFSET_AT = vfioDeviceInfo.fields.cap_offset.offset;
const CHAIN_AT = 24;

/** Changes every answer of VFIO_DEVICE_GET_INFO before it is written. */
function onReply(device: ReferenceDevice, change: (reply: InfoReply) => void): void {
  override(device.information, 'deviceReply', (original) => () => {
    const reply = original();
    change(reply);
    return reply;
  });
}

/** Changes the `next` of the chain's last header, or of its first. */
function setNext(device: ReferenceDevice, which: 'first' | 'last', next: (needed: number) => number): void {
  onReply(device, (reply) => {
    override(reply, 'encode', (original) => (structure) => {
      const bytes = original(structure);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const little = structure.order === 'little';
      let at = 0;
      for (
        let follow = view.getUint32(4, little);
        which === 'last' && follow !== 0;
        follow = view.getUint32(at + 4, little)
      ) {
        at = follow - CHAIN_AT;
      }
      view.setUint32(at + 4, next(reply.needed()), little);
      return bytes;
    });
  });
}

export const DEVICE_INFO_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'region-past-end-answers',
    breaks: ['DEV-INFO-COUNTS'],
    summary: 'GET_REGION_INFO succeeds for indexes at and past num_regions',
    device: (device) =>
      override(
        device.information,
        'regionFor',
        (original) => (index) =>
          original(index) ?? (index >= device.information.numRegions() ? new EmptyRegion() : undefined),
      ),
  }),
  fault({
    name: 'irq-past-end-answers',
    breaks: ['DEV-INFO-COUNTS'],
    summary: 'GET_IRQ_INFO answers for the index num_irqs as for the one before it',
    device: (device) =>
      override(
        device.information,
        'irqFor',
        (original) => (index) => original(index === device.information.numIrqs() ? index - 1 : index),
      ),
  }),
  fault({
    name: 'num-irqs-too-small',
    breaks: ['DEV-INFO-COUNTS'],
    summary: 'num_irqs is 3 although ERR and REQ, indexes 3 and 4, answer',
    personalities: ['pci', 'zpci'],
    device: (device) => override(device.information, 'numIrqs', () => () => 3),
  }),
  fault({
    name: 'bus-flag-missing',
    breaks: ['DEV-INFO-FLAGS'],
    summary: 'flags name no bus type at all',
    device: (device) =>
      override(device.information, 'flags', (original) => () => original() & ~device.information.presentation.busFlag),
  }),
  fault({
    name: 'two-bus-flags',
    breaks: ['DEV-INFO-FLAGS'],
    summary: 'flags name the bus and PLATFORM as well',
    device: (device) =>
      override(device.information, 'flags', (original) => () => original() | VFIO_DEVICE_FLAGS_PLATFORM),
  }),
  fault({
    name: 'reset-flag-without-reset',
    breaks: ['DEV-INFO-FLAGS', 'STATE-RESET', 'RES-RESET'],
    reason: 'a reset that is promised and answers ENOTTY recovers the device from nothing',
    summary: 'FLAGS_RESET is set, but VFIO_DEVICE_RESET answers ENOTTY',
    device: (device) => override(device, 'reset', () => () => fail('ENOTTY')),
  }),
  fault({
    name: 'reset-flag-missing',
    breaks: ['STATE-RESET-FLAG', 'STATE-RESET', 'RES-RESET'],
    reason: 'without a reset there is nothing to judge these by',
    summary: 'the driver can report ERROR but offers no VFIO_DEVICE_RESET',
    device: (device) => {
      override(device.information, 'flags', (original) => () => original() & ~VFIO_DEVICE_FLAGS_RESET);
      override(device, 'reset', () => () => fail('EINVAL'));
    },
  }),
  fault({
    name: 'reset-works-without-flag',
    breaks: ['STATE-RESET-FLAG'],
    summary: 'the driver can report ERROR, and VFIO_DEVICE_RESET works, but FLAGS_RESET is clear',
    device: (device) =>
      override(device.information, 'flags', (original) => () => original() & ~VFIO_DEVICE_FLAGS_RESET),
  }),
  fault({
    name: 'caps-flag-without-chain',
    breaks: ['DEV-INFO-CAPS'],
    summary: 'FLAGS_CAPS is set, but cap_offset is 0 however large argsz is',
    personalities: ['pci', 'fsl-mc'],
    device: (device) => override(device.information, 'flags', (original) => () => original() | VFIO_DEVICE_FLAGS_CAPS),
  }),
  fault({
    name: 'cap-offset-past-end',
    breaks: ['DEV-INFO-CAPS', 'DEV-INFO-CHAIN'],
    reason: 'a chain that begins outside holds no header that lies inside',
    summary: 'cap_offset points 8 bytes past argsz',
    personalities: ['zpci'],
    device: (device) =>
      override(device.information, 'writeDeviceReply', (original) => (reply, structure) => {
        const whole = structure.u32(0) >= reply.needed();
        original(reply, structure);
        if (whole) structure.setU32(CAP_OFFSET_AT, reply.needed() + 8);
      }),
  }),
  fault({
    name: 'cap-offset-in-structure',
    breaks: ['DEV-INFO-CAPS', 'DEV-INFO-CHAIN'],
    reason: 'num_regions and num_irqs are then read as a capability header',
    summary: 'cap_offset is 8: inside the fixed part of the structure',
    personalities: ['zpci'],
    device: (device) =>
      override(device.information, 'writeDeviceReply', (original) => (reply, structure) => {
        const whole = structure.u32(0) >= reply.needed();
        original(reply, structure);
        if (whole) structure.setU32(CAP_OFFSET_AT, 8);
      }),
  }),
  fault({
    name: 'argsz-not-grown',
    breaks: ['DEV-INFO-ARGSZ'],
    summary: 'an argsz too small for the chain comes back as it was: the user never learns how much room is needed',
    personalities: ['zpci'],
    device: (device) =>
      override(device.information, 'writeDeviceReply', (original) => (reply, structure) => {
        const argsz = structure.u32(0);
        original(reply, structure);
        structure.setU32(0, argsz);
      }),
  }),
  fault({
    name: 'argsz-grown-too-little',
    breaks: ['DEV-INFO-ARGSZ'],
    summary: 'the argsz asked for lacks the last capability’s 8 bytes: a second call with it gets no chain either',
    personalities: ['zpci'],
    device: (device) =>
      override(device.information, 'writeDeviceReply', (original) => (reply, structure) => {
        const small = structure.u32(0) < reply.needed();
        original(reply, structure);
        if (small) structure.setU32(0, reply.needed() - 8);
      }),
  }),
  fault({
    name: 'argsz-without-chain-refused',
    breaks: ['DEV-INFO-ARGSZ'],
    summary: 'an argsz of 16 to less than the chain needs is answered with EINVAL',
    personalities: ['zpci'],
    device: (device) =>
      override(
        device.information,
        'deviceInfo',
        (original) => (structure) =>
          structure.u32(0) < device.information.deviceReply().needed() ? fail('EINVAL') : original(structure),
      ),
  }),
  fault({
    name: 'cap-offset-without-chain',
    breaks: ['DEV-INFO-ARGSZ', 'DEV-INFO-CAPS'],
    reason: 'cap_offset then points at bytes that were never written',
    summary: 'with an argsz too small for the chain cap_offset is 24 all the same',
    personalities: ['zpci'],
    device: (device) =>
      override(device.information, 'writeDeviceReply', (original) => (reply, structure) => {
        const small = structure.u32(0) < reply.needed() && structure.u32(0) >= CAP_OFFSET_AT + 4;
        original(reply, structure);
        if (small) structure.setU32(CAP_OFFSET_AT, CHAIN_AT);
      }),
  }),
  fault({
    name: 'device-info-past-argsz',
    breaks: ['DEV-INFO-ARGSZ'],
    summary: 'the first header of the chain is written behind the structure although argsz ends there',
    personalities: ['zpci'],
    device: (device) =>
      override(device.information, 'writeDeviceReply', (original) => (reply, structure) => {
        const small = structure.u32(0) >= CHAIN_AT && structure.u32(0) < reply.needed();
        original(reply, structure);
        if (small) structure.copyIn(CHAIN_AT, reply.encode(structure).subarray(0, 8));
      }),
  }),
  fault({
    name: 'cap-offset-past-argsz-16',
    breaks: ['DEV-INFO-ARGSZ'],
    summary: 'cap_offset is cleared although an argsz of 16 does not hold it',
    personalities: ['zpci'],
    device: (device) =>
      override(device.information, 'writeDeviceReply', (original) => (reply, structure) => {
        const old = structure.u32(0) < CAP_OFFSET_AT + 4;
        original(reply, structure);
        if (old) structure.setU32(CAP_OFFSET_AT, 0);
      }),
  }),
  fault({
    name: 'chain-loops',
    breaks: ['DEV-INFO-CHAIN'],
    summary: 'the last capability points back at the first',
    personalities: ['zpci'],
    device: (device) => setNext(device, 'last', () => CHAIN_AT),
  }),
  fault({
    name: 'chain-leaves-argsz',
    breaks: ['DEV-INFO-CHAIN'],
    summary: 'the last capability’s next is 4096',
    personalities: ['zpci'],
    device: (device) => setNext(device, 'last', () => 4096),
  }),
  fault({
    name: 'chain-header-cut',
    breaks: ['DEV-INFO-CHAIN'],
    summary: 'the last capability points at a header of which only 4 bytes lie inside argsz',
    personalities: ['zpci'],
    device: (device) => setNext(device, 'last', (needed) => needed - 4),
  }),
];
