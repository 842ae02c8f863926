import { crc32 } from '../crc32';
import { ERROR, RESUMING } from '../device/state-machine';
import { PACKET, resealPacket } from '../device/stream-packet';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { type Peculiarity, variation } from '../peculiarity';
import { SeededRandom } from '../random';
import { oneByteBuffers } from './one-byte-buffers';

const MOST_BYTES = 1000;

export const MIGRATION_VARIATIONS: readonly Peculiarity[] = [
  variation({
    name: 'moving-data-offset',
    summary: 'each buffer stands 32 bytes further on than the one before, four places in all',
    reason: 'the driver decides where the data stands: the user reads data_offset for each buffer',
    layouts: ['trapped'],
    onDestination: true,
    device: (device) =>
      override(device.section, 'window', (original) => (index) => {
        const window = original(index);
        return { ...window, offset: window.offset + 32 * (index % 4) };
      }),
  }),
  variation({
    name: 'no-pre-copy-data',
    summary: 'nothing is pending in pre-copy; everything comes in stop-and-copy',
    reason: 'pre-copy must be supported, but need not provide data',
    device: (device) => {
      override(device.saving, 'bytesLeft', (original) => () => (device.saving.active === 'pre-copy' ? 0 : original()));
      override(
        device.saving,
        'next',
        (original) => () => (device.saving.active === 'pre-copy' ? undefined : original()),
      );
    },
  }),
  variation({
    name: 'late-pre-copy-data',
    summary: 'nothing is pending in the first 10 ms of pre-copy',
    reason: 'pending_bytes may rise while the device runs',
    device: (device) => {
      let since = 0;
      const early = (): boolean => device.saving.active === 'pre-copy' && device.clock.now() < since + 10;
      override(device.saving, 'begin', (original) => (phase) => {
        since = device.clock.now();
        original(phase);
      });
      override(device.saving, 'bytesLeft', (original) => () => (early() ? 0 : original()));
      override(device.saving, 'next', (original) => () => (early() ? undefined : original()));
    },
  }),
  variation({
    name: 'pending-is-an-estimate',
    summary: 'in pre-copy pending_bytes is off by up to 4 KiB, differently at each read',
    reason: 'a running device changes while it is asked',
    device: (device) => {
      const noise = new SeededRandom(device.model.seed);
      override(device.saving, 'bytesLeft', (original) => () => {
        const bytes = original();
        return device.saving.active === 'pre-copy' && bytes > 0 ? bytes + (noise.next() % 4096) : bytes;
      });
    },
  }),
  variation({
    name: 'pending-rounded-up',
    summary: 'pending_bytes is rounded up to 4 KiB',
    reason: 'a driver may count in units of its own',
    device: (device) => override(device.saving, 'bytesLeft', (original) => () => Math.ceil(original() / 4096) * 4096),
  }),
  variation({
    name: 'arcs-accepted',
    summary: 'every transition between valid states is accepted, also those that the diagram does not show',
    reason: 'the diagram does not forbid them',
    onDestination: true,
    device: (device) => override(device.machine, 'arcAllowed', () => () => true),
  }),
  variation({
    name: 'other-errnos',
    summary: 'refusals are EOPNOTSUPP, EPERM and EFAULT instead of EINVAL',
    reason: 'no errno is prescribed',
    onDestination: true,
    device: (device) => {
      override(device.machine, 'refuseArc', () => () => fail('EOPNOTSUPP'));
      override(device.machine, 'refuseInvalid', () => () => fail('EPERM'));
      override(device.migration, 'readOddly', () => () => fail('EFAULT'));
      override(device.migration, 'writeOddly', () => () => fail('EFAULT'));
    },
  }),
  variation({
    name: 'reserved-bits-set',
    summary: 'bit 4 of device_state always reads as 1 and must be written so',
    reason: 'bits 3 to 31 are for the future, and the user preserves them',
    onDestination: true,
    device: (device) => override(device.machine, 'reservedBits', () => () => 0x10),
  }),
  variation({
    name: 'read-only-writes-ignored',
    summary: 'writes to pending_bytes and data_offset succeed and change nothing',
    reason: 'an error is not asked for',
    device: (device) => {
      override(device.migration, 'writePendingBytes', () => () => 0);
      override(device.migration, 'writeDataOffset', () => () => 0);
    },
  }),
  variation({
    name: 'slow',
    summary: 'each transition takes 300 ms, each buffer 20 ms',
    reason: 'no time is prescribed',
    onDestination: true,
    device: (device) => {
      override(device.machine, 'transition', (original) => (to) => {
        const result = original(to);
        device.clock.advance(300);
        return result;
      });
      override(device.saving, 'prepare', (original) => () => {
        original();
        device.clock.advance(20);
      });
    },
  }),
  variation({
    name: 'short-transfers',
    summary: 'read() and write() of the data section move at most 1000 bytes at a time',
    reason: 'a short count is continued, as everywhere',
    onDestination: true,
    device: (device) => {
      override(
        device.migration,
        'readData',
        (original) => (offset, into) => original(offset, into.subarray(0, MOST_BYTES)),
      );
      override(
        device.migration,
        'writeData',
        (original) => (offset, from) => original(offset, from.subarray(0, MOST_BYTES)),
      );
    },
  }),
  variation({
    name: 'small-buffers',
    summary: 'a buffer carries one block of 4 KiB',
    reason: 'the driver decides how large its buffers are',
    device: (device) =>
      override(device.section, 'window', (original) => (index) => {
        const window = original(index);
        return device.machine.current === RESUMING ? window : { ...window, size: Math.min(window.size, 4096 + 64) };
      }),
  }),
  variation({
    name: 'large-state',
    summary: '64 MiB of internal memory, in buffers of 1 MiB',
    reason: 'real devices have that much',
    model: (model) => ({ ...model, stateSize: 64 * 1024 * 1024 }),
  }),
  variation({
    name: 'one-byte-buffers',
    summary: 'everything comes in stop-and-copy, in buffers of one byte',
    reason: 'the driver decides how large its buffers are',
    onDestination: true,
    // Behind a mapping data_offset is a multiple of the page size: one byte would take a page.
    layouts: ['trapped'],
    model: (model) => ({ ...model, stateSize: 4096 }),
    device: oneByteBuffers,
  }),
  variation({
    name: 'no-checksums',
    summary: 'the destination does not notice flipped bits',
    reason: 'nothing asks a driver for checksums',
    onDestination: true,
    device: (device) =>
      override(device.resuming, 'take', (original) => (bytes) => {
        const { memory } = device.resuming;
        return original(
          resealPacket(bytes, (kind, payload) => {
            if (kind === PACKET.end && memory !== undefined && payload.byteLength >= 4)
              payload.setUint32(0, crc32(memory), true);
          }),
        );
      }),
  }),
  variation({
    name: 'bad-data-noticed-at-running',
    summary: 'every data_size write succeeds; bad data is refused at _RESUMING to _RUNNING',
    reason: 'the error shows at the next read or write',
    onDestination: true,
    device: (device) =>
      override(device.resuming, 'consume', (original) => (bytes) => {
        original(bytes);
        return 0;
      }),
  }),
  variation({
    name: 'bad-data-is-an-internal-error',
    summary: '_RESUMING to _RUNNING with bad data leads to ERROR',
    reason: 'a driver that met an internal error reports 110b',
    onDestination: true,
    device: (device) =>
      override(device.machine, 'transition', (original) => (to) => {
        const resuming = device.machine.current === RESUMING;
        const result = original(to);
        if (result < 0 && resuming && device.machine.current !== ERROR) device.machine.enterError();
        return result;
      }),
  }),
  variation({
    name: 'empty-resume-refused',
    summary: '_RESUMING to _RUNNING without any data fails',
    reason: 'with no data given either answer is allowed',
    onDestination: true,
    device: (device) =>
      override(
        device.resuming,
        'finish',
        (original) => () => (device.resuming.taken === 0 ? fail('EINVAL') : original()),
      ),
  }),
];
