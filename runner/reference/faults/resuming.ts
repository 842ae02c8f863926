import { BLOCK_SIZE } from '../device/device-model';
import type { ReferenceDevice } from '../device/reference-device';
import { ERROR, RESUMING, RUNNING } from '../device/state-machine';
import { decodePacket } from '../device/stream-packet';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';
import { saveOther } from './saving-whole';

/** All of them are faults of the code that takes a state over, so that the implied destination has them too. */
const onDestination = true;

/** Changes what data_offset says while resuming; the driver goes on looking where it should be. */
function resumeOffset(device: ReferenceDevice, change: (offset: bigint) => bigint): void {
  override(device.migration, 'readDataOffset', (original) => () => {
    const answer = original();
    return device.machine.current === RESUMING && typeof answer === 'bigint' ? change(answer) : answer;
  });
}

export const RESUMING_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'resume-offset-zero',
    breaks: ['RES-OFFSET', 'MIG-DATA-NONZERO', 'RES-WRITE'],
    reason:
      'the section’s own place is then never told, and the data cannot be written at 0, where the structure stands',
    summary: 'data_offset is 0 in _RESUMING',
    onDestination,
    device: (device) => resumeOffset(device, () => 0n),
  }),
  fault({
    name: 'resume-offset-past-end',
    breaks: ['RES-OFFSET', 'MIG-DATA-NONZERO', 'RES-WRITE'],
    reason: 'nothing can be written where the region has ended',
    summary: 'data_offset is the region’s size in _RESUMING',
    onDestination,
    device: (device) => resumeOffset(device, () => BigInt(device.section.regionSize)),
  }),
  fault({
    name: 'resume-write-cut-at-page',
    breaks: ['RES-WRITE', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'a transaction without its end is not what the source sent',
    summary: 'write() of more than 4096 bytes of data says that it took all and keeps the first 4096',
    onDestination,
    device: (device) =>
      override(device.migration, 'writeData', (original) => (offset, from) => {
        const result = original(offset, from.subarray(0, 4096));
        return result < 0 ? result : from.length;
      }),
  }),
  fault({
    name: 'resume-data-consumed-late',
    breaks: ['RES-CONSUME', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'a section that was overwritten in between is not what the source sent',
    summary: 'the write of data_size returns at once; the section is looked at 2 ms later',
    onDestination,
    device: (device) => {
      const waiting: (() => number)[] = [];
      let result = 0;
      const work = (): void => {
        for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) result = Math.min(result, job());
      };
      override(device.machine, 'reset', (original) => () => {
        waiting.length = 0;
        result = 0;
        original();
      });
      override(device.migration, 'consume', (original) => (offset, size) => {
        waiting.push(() => original(offset, size));
        device.clock.after(2, work);
        return 0;
      });
      override(device.resuming, 'finish', (original) => () => {
        work();
        return result < 0 ? result : original();
      });
    },
  }),
  fault({
    name: 'resume-section-read-at-next-step',
    breaks: ['RES-CONSUME'],
    summary:
      'the section is looked at again when data_offset is read next: what stands in its first byte then replaces the first byte of memory',
    onDestination,
    device: (device) => {
      let offset: number | undefined;
      override(device.migration, 'consume', (original) => (at, size) => {
        offset = at;
        return original(at, size);
      });
      override(device.resuming, 'finish', (original) => () => {
        const first = offset === undefined ? undefined : device.section.memory[offset];
        const result = original();
        // 0x53 begins every packet: a section left alone shows nothing.
        if (result === 0 && first !== undefined && first !== 0x53) device.state.write(0, Uint8Array.of(first));
        offset = undefined;
        return result;
      });
    },
  }),
  fault({
    name: 'resume-applies-nothing',
    breaks: ['RES-APPLY', 'RES-ROUNDTRIP'],
    reason: 'the second save is that of a device which never took the state over',
    summary: 'the data is checked and thrown away: the device runs on with its own state',
    onDestination,
    device: (device) => override(device.state, 'replace', () => () => undefined),
  }),
  fault({
    name: 'resume-drops-last-block',
    breaks: ['RES-APPLY', 'RES-ROUNDTRIP'],
    reason: 'what was not applied is not in the second save either',
    summary: 'the last 4 KiB of internal memory keep their old content',
    onDestination,
    device: (device) =>
      override(device.state, 'replace', (original) => (memory, registers) => {
        const last = device.state.memory.slice(-BLOCK_SIZE);
        original(memory, registers);
        device.state.write(memory.length - BLOCK_SIZE, last);
      }),
  }),
  fault({
    name: 'resume-loses-scratch',
    breaks: ['RES-APPLY', 'RES-ROUNDTRIP'],
    reason: 'what was not applied is not in the second save either',
    summary: 'the scratch register is 0 after resuming',
    onDestination,
    device: (device) =>
      override(
        device.state,
        'replace',
        (original) => (memory, registers) => original(memory, { ...registers, scratch: 0 }),
      ),
  }),
  fault({
    name: 'resume-applies-late',
    breaks: ['RES-APPLY'],
    summary: 'the state appears 10 ms after _RESUMING to _RUNNING has returned',
    onDestination,
    device: (device) =>
      override(device.state, 'replace', (original) => (memory, registers) => {
        const copy = memory.slice();
        device.clock.after(10, () => original(copy, registers));
      }),
  }),
  fault({
    name: 'truncated-stream-accepted',
    breaks: ['RES-BAD-DATA'],
    summary: 'a stream whose end is missing is applied as far as it goes, and the device runs',
    onDestination,
    device: (device) =>
      override(device.resuming, 'finish', (original) => () => {
        const { memory, registers, taken } = device.resuming;
        const result = original();
        if (result === 0 || taken === 0 || memory === undefined) return result;
        device.state.replace(memory, registers ?? device.state.registers);
        return 0;
      }),
  }),
  fault({
    name: 'foreign-data-ignored',
    breaks: ['RES-BAD-DATA'],
    summary: 'a buffer that is no migration data is acknowledged and skipped; the device runs with its own state',
    onDestination,
    device: (device) => {
      let good = 0;
      override(device.resuming, 'begin', (original) => () => {
        good = 0;
        original();
      });
      override(device.resuming, 'take', (original) => (bytes) => {
        if ('problem' in decodePacket(bytes)) return 0;
        good++;
        return original(bytes);
      });
      override(device.resuming, 'finish', (original) => () => (good === 0 ? 0 : original()));
    },
  }),
  fault({
    name: 'oversize-clamped',
    breaks: ['RES-OVERSIZE'],
    summary: 'a data_size larger than the section is taken for the section’s size and succeeds',
    onDestination,
    device: (device) =>
      override(device.migration, 'writeDataSize', (original) => (value) => {
        const window = device.section.window(device.resuming.taken);
        return device.machine.current === RESUMING && value > BigInt(window.size) ? 0 : original(value);
      }),
  }),
  fault({
    name: 'oversize-only-low-half',
    breaks: ['RES-OVERSIZE'],
    summary: 'only the low 32 bits of data_size are looked at: 2^32 succeeds as 0',
    onDestination,
    device: (device) =>
      override(device.migration, 'writeDataSize', (original) => (value) => original(value & 0xffff_ffffn)),
  }),
  fault({
    name: 'resumed-device-saves-old-state',
    breaks: ['RES-ROUNDTRIP'],
    summary: 'a device that was resumed saves the memory that it had before',
    onDestination,
    device: (device) => {
      let old: Uint8Array | undefined;
      override(device, 'makeFresh', (original) => () => {
        old = undefined;
        original();
      });
      override(device.state, 'replace', (original) => (memory, registers) => {
        old ??= device.state.memory.slice();
        original(memory, registers);
      });
      saveOther(device, () => old);
    },
  }),
  fault({
    name: 'resumed-device-saves-nothing',
    breaks: ['RES-ROUNDTRIP'],
    summary: 'a device that was resumed has nothing pending in stop-and-copy',
    onDestination,
    device: (device) => {
      let resumed = false;
      override(device, 'makeFresh', (original) => () => {
        resumed = false;
        original();
      });
      override(device.state, 'replace', (original) => (memory, registers) => {
        resumed = true;
        original(memory, registers);
      });
      override(device.saving, 'bytesLeft', (original) => () => (resumed ? 0 : original()));
    },
  }),
  fault({
    name: 'failed-resume-enters-running',
    breaks: ['STATE-AFTER-ERR'],
    summary: '_RESUMING to _RUNNING with data that does not fit fails, but device_state reads as _RUNNING',
    onDestination,
    device: (device) =>
      override(device.machine, 'transition', (original) => (to) => {
        const from = device.machine.current;
        const result = original(to);
        if (result < 0 && from === RESUMING && to === RUNNING && device.machine.current !== ERROR)
          device.machine.setState(RUNNING);
        return result;
      }),
  }),
];
