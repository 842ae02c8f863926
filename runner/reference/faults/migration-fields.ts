import { RUNNING, STOP, STOP_AND_COPY } from '../device/state-machine';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

export const MIGRATION_FIELD_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'fields-byte-swapped',
    breaks: ['MIG-LAYOUT', 'STATE-DEFAULT'],
    reason: 'device_state of a fresh device then reads as 0x01000000',
    summary: 'the fields are little endian on a big-endian host',
    personalities: ['zpci', 'ccw'],
    device: (device) =>
      override(device.migration, 'read', (original) => (offset, into) => {
        const result = original(offset, into);
        if (offset < 32 && result > 0) into.reverse();
        return result;
      }),
  }),
  fault({
    name: 'pending-and-size-swapped',
    breaks: ['MIG-LAYOUT', 'SAVE-SIZE', 'SAVE-DRAIN'],
    reason: 'the size of the current buffer is 0 before data_offset was read, and pending bytes are no buffer size',
    summary: 'pending_bytes and data_size have changed places in the structure',
    device: (device) => {
      override(device.migration, 'readPendingBytes', () => () => device.saving.dataSize());
      override(device.migration, 'readDataSize', () => () => device.saving.pendingBytes());
    },
  }),
  fault({
    name: 'byte-write-of-state-acts',
    breaks: ['MIG-WIDTH'],
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
    breaks: ['MIG-WIDTH'],
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
    breaks: ['MIG-WIDTH'],
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
    breaks: ['MIG-RESERVED-W'],
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
  fault({
    name: 'data-offset-zero',
    breaks: ['MIG-DATA-NONZERO', 'SAVE-READ'],
    reason: 'at offset 0 the structure stands, and no data can be read there',
    summary: 'data_offset is 0 while saving',
    device: (device) =>
      override(device.saving, 'dataOffset', (original) => () => {
        original();
        return 0n;
      }),
  }),
  fault({
    name: 'third-data-offset-in-structure',
    breaks: ['MIG-DATA-NONZERO', 'SAVE-READ'],
    reason: 'the third buffer cannot be read where it is said to be',
    summary: 'the third buffer of a save has data_offset 24: inside the structure',
    device: (device) => {
      let buffers = 0;
      override(device.saving, 'begin', (original) => (phase) => {
        buffers = 0;
        original(phase);
      });
      override(device.saving, 'prepare', (original) => () => {
        buffers++;
        original();
      });
      override(device.saving, 'dataOffset', (original) => () => {
        const answer = original();
        return buffers === 3 ? 24n : answer;
      });
    },
  }),
  fault({
    name: 'data-offset-at-region-end',
    breaks: ['MIG-DATA-NONZERO', 'SAVE-READ'],
    reason: 'there is nothing to read at the region’s end',
    summary: 'data_offset is the region’s size while saving',
    device: (device) =>
      override(device.saving, 'dataOffset', (original) => () => {
        original();
        return BigInt(device.section.regionSize);
      }),
  }),
  fault({
    name: 'last-data-size-terabyte',
    breaks: ['MIG-DATA-NONZERO', 'SAVE-SIZE', 'SAVE-READ'],
    reason: 'so many bytes are neither available nor readable',
    summary: 'the last buffer’s data_size is 1 TiB',
    device: (device) =>
      override(
        device.saving,
        'dataSize',
        (original) => () => (device.saving.buffer?.planned.kind === 4 ? 1n << 40n : original()),
      ),
  }),
  fault({
    name: 'second-data-size-past-region',
    breaks: ['MIG-DATA-NONZERO', 'SAVE-SIZE'],
    reason: 'a short read ends at the region’s end, and the bytes promised beyond never come',
    summary: 'the second buffer’s data_size reaches 8 bytes past the region’s end',
    device: (device) => {
      let buffers = 0;
      override(device.saving, 'begin', (original) => (phase) => {
        buffers = 0;
        original(phase);
      });
      override(device.saving, 'prepare', (original) => () => {
        buffers++;
        original();
      });
      override(device.saving, 'dataSize', (original) => () => {
        const { buffer } = device.saving;
        return buffers === 2 && buffer !== undefined
          ? BigInt(device.section.regionSize - buffer.offset + 8)
          : original();
      });
    },
  }),
];
