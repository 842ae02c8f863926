import { RUNNING, STOP, STOP_AND_COPY } from '../device/state-machine';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

export const MIGRATION_FIELD_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'byte-write-of-state-acts',
    breaks: ['MIG-WIDTH', 'STATE-STEADY'],
    reason: 'device_state has moved without a write of the field itself',
    summary: 'a one-byte write at offset 0 makes a transition',
    device: (device) =>
      override(device.migration, 'writeOddly', (original) => (offset, from) => {
        if (offset !== 0 || from.length !== 1) return original(offset, from);
        const result = device.machine.write(from[0] ?? 0);
        return result < 0 ? result : 1;
      }),
  }),
  fault({
    name: 'wide-write-of-state-acts',
    breaks: ['MIG-WIDTH', 'STATE-STEADY'],
    reason: 'device_state has moved without a write of the field itself',
    summary: 'an eight-byte write over device_state and reserved makes a transition',
    device: (device) =>
      override(device.migration, 'writeOddly', (original) => (offset, from) => {
        if (offset !== 0 || from.length !== 8) return original(offset, from);
        const view = new DataView(from.buffer, from.byteOffset, 8);
        const result = device.machine.write(view.getUint32(0, device.model.order === 'little'));
        return result < 0 ? result : 8;
      }),
  }),
  fault({
    name: 'unaligned-write-shifts-state',
    breaks: ['MIG-WIDTH', 'STATE-STEADY'],
    reason: 'device_state has moved without a write that succeeded',
    summary: 'a four-byte write at offset 2 is refused, but its first half has cleared device_state by then',
    device: (device) =>
      override(device.migration, 'writeOddly', (original) => (offset, from) => {
        if (offset === 2 && from.length === 4) device.machine.transition(STOP);
        return original(offset, from);
      }),
  }),
  fault({
    name: 'half-read-of-pending-answers',
    breaks: ['MIG-WIDTH'],
    summary: 'a four-byte read of pending_bytes succeeds and gives zero',
    device: (device) =>
      override(device.migration, 'readOddly', (original) => (offset, into) => {
        if (offset !== 8 || into.length !== 4) return original(offset, into);
        into.fill(0);
        return 4;
      }),
  }),
  fault({
    name: 'reserved-reads-ones',
    breaks: ['MIG-RESERVED-R'],
    summary: 'reserved reads as 0xffffffff',
    device: (device) => override(device.migration, 'readReserved', () => () => 0xffff_ffffn),
  }),
  fault({
    name: 'reserved-cannot-be-read',
    breaks: ['MIG-RESERVED-R'],
    summary: 'reading reserved at its own width fails with EINVAL',
    device: (device) => override(device.migration, 'readReserved', () => () => fail('EINVAL')),
  }),
  fault({
    name: 'reserved-counts-while-saving',
    breaks: ['MIG-RESERVED-R'],
    summary: 'in stop-and-copy reserved shows how many bytes the current buffer has',
    device: (device) =>
      override(
        device.migration,
        'readReserved',
        (original) => () =>
          device.machine.current === STOP_AND_COPY ? BigInt(device.saving.buffer?.size ?? 0) : original(),
      ),
  }),
  fault({
    name: 'reserved-keeps-what-was-written',
    breaks: ['MIG-RESERVED-W', 'MIG-RESERVED-R'],
    reason: 'what was kept is what is read',
    summary: 'reserved reads as what was last written to it',
    device: (device) => {
      let kept = 0n;
      override(device.migration, 'writeReserved', () => (value) => {
        kept = value;
        return 0;
      });
      override(device.migration, 'readReserved', () => () => kept);
    },
  }),
  fault({
    name: 'reserved-write-stops-device',
    breaks: ['MIG-RESERVED-W', 'STATE-STEADY'],
    reason: 'device_state has moved without a write that succeeded',
    summary: 'writing a number other than zero to reserved takes a running device to _STOP',
    device: (device) =>
      override(device.migration, 'writeReserved', (original) => (value) => {
        if (value !== 0n && device.machine.current === RUNNING) device.machine.transition(STOP);
        return original(value);
      }),
  }),
  fault({
    name: 'reserved-write-drops-buffer',
    breaks: ['MIG-RESERVED-W'],
    summary: 'writing to reserved during an iteration acknowledges the current buffer',
    device: (device) =>
      override(device.migration, 'writeReserved', (original) => (value) => {
        device.saving.acknowledge();
        return original(value);
      }),
  }),
  fault({
    name: 'pending-takes-writes',
    breaks: ['MIG-RO-PENDING'],
    summary: 'pending_bytes reads as what the user wrote to it, once',
    device: (device) => {
      let written: bigint | undefined;
      override(device.migration, 'writePendingBytes', () => (value) => {
        written = value;
        return 0;
      });
      override(device.migration, 'readPendingBytes', (original) => () => {
        const answer = written ?? original();
        written = undefined;
        return answer;
      });
    },
  }),
  fault({
    name: 'pending-write-zero-ends-save',
    breaks: ['MIG-RO-PENDING'],
    summary: 'writing 0 to pending_bytes fails, but nothing is pending afterwards',
    device: (device) =>
      override(device.migration, 'writePendingBytes', (original) => (value) => {
        if (value === 0n && device.saving.active !== undefined) override(device.saving, 'bytesLeft', () => () => 0);
        return original(value);
      }),
  }),
  fault({
    name: 'offset-takes-writes',
    breaks: ['MIG-RO-OFFSET'],
    summary: 'data_offset reads as what the user wrote to it until the next transition',
    device: (device) => {
      let written: bigint | undefined;
      override(device.migration, 'writeDataOffset', () => (value) => {
        written = value;
        return 0;
      });
      override(device.migration, 'readDataOffset', (original) => () => written ?? original());
      override(device.machine, 'setState', (original) => (state) => {
        written = undefined;
        original(state);
      });
    },
  }),
  fault({
    name: 'offset-write-shifts-next-buffer',
    breaks: ['MIG-RO-OFFSET'],
    summary:
      'a write to data_offset fails, but the next buffer stands 64 bytes further on than it should, outside its own window',
    layouts: ['trapped'],
    device: (device) => {
      let shift = 0;
      override(device.migration, 'writeDataOffset', (original) => (value) => {
        shift = 64;
        return original(value);
      });
      override(device.migration, 'readDataOffset', (original) => () => {
        const answer = original();
        return typeof answer === 'bigint' ? answer + BigInt(shift) : answer;
      });
    },
  }),
];
