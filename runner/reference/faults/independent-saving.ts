import { encodeRegisters, type StateRegisters } from '../device/internal-state';
import { PACKET } from '../device/stream-packet';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const LOST = 'with a part of the state missing the destination refuses the stream, or runs on with another state';
const SIXTEEN_BITS = 0x1_0000;

/** Written from the interface's text alone: the line numbers are those that the clauses of each fault have in it. */
export const INDEPENDENT_SAVING_FAULTS: readonly Peculiarity[] = [
  fault({
    // Lines 144-146: on pre-copy to stop-and-copy the state must be saved and sent, however much was sent before.
    name: 'drained-pre-copy-ends-save',
    breaks: ['TRANS-PRE-SC', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary:
      'when pre-copy was read until pending_bytes was 0, it is 0 in stop-and-copy too: the registers are never offered',
    device: (device) => {
      let ended = false;
      override(device.saving, 'forget', (original) => () => {
        ended = false;
        original();
      });
      override(device.saving, 'continue', (original) => (phase) => {
        const drained = device.saving.bytesLeft() === 0;
        original(phase);
        ended = drained;
      });
      override(device.saving, 'bytesLeft', (original) => () => (ended ? 0 : original()));
    },
  }),
  fault({
    // Lines 139-146: the device runs while it is gathered, and what is sent in the end is its state; 219-220: f ends the iteration, no more.
    name: 'change-during-iteration-lost',
    breaks: ['SAVE-REGARDLESS', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary:
      'memory that changes in pre-copy while its own buffer is being read is not sent again: reading pending_bytes marks it clean',
    device: (device) =>
      override(device.saving, 'acknowledge', (original) => () => {
        const planned = device.saving.buffer?.planned;
        original();
        if (planned === undefined || device.saving.active !== 'pre-copy') return;
        device.saving.collectChanges();
        for (let block = planned.first; block < planned.first + planned.count; block++)
          device.saving.pendingBlocks.delete(block);
      }),
  }),
  fault({
    // Lines 144-146: the state to be saved is that of the device as it was stopped.
    name: 'pre-copy-freezes-registers',
    breaks: ['SAVE-REGARDLESS', 'RES-APPLY'],
    reason: 'what was read in pre-copy and in stop-and-copy does not restore the device together',
    summary: 'registers are saved as they were when pre-copy was entered; only the counter is up to date',
    device: (device) => {
      let frozen: StateRegisters | undefined;
      override(device.saving, 'begin', (original) => (phase) => {
        original(phase);
        frozen = phase === 'pre-copy' ? { ...device.state.registers } : undefined;
      });
      override(device.saving, 'payload', (original) => (planned) => {
        if (planned.kind !== PACKET.registers || frozen === undefined) return original(planned);
        return encodeRegisters({ ...frozen, counter: device.state.registers.counter });
      });
    },
  }),
  fault({
    // Lines 213-215: read more than once, data_offset is that of the current buffer.
    name: 'reread-flips-partition',
    breaks: ['SAVE-REREAD', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'whoever reads the buffer where data_offset said last gets the one before',
    summary:
      'every second read of data_offset in an iteration names the other partition, where the buffer before stands',
    layouts: ['partitioned'],
    device: (device) => {
      let reads = 0;
      let last: unknown;
      override(device.saving, 'dataOffset', (original) => () => {
        const answer = original();
        const { buffer } = device.saving;
        reads = buffer === last ? reads + 1 : 1;
        last = buffer;
        const other = device.section.windows.find((window) => window.offset !== buffer?.offset);
        return buffer !== undefined && reads % 2 === 0 && other !== undefined ? BigInt(other.offset) : answer;
      });
    },
  }),
  fault({
    // Lines 74-77: from a valid state the user may go on to another, 148-150: without having consumed everything; 207-210: and a read of
    // data_offset makes data available.
    name: 'cancelled-buffer-comes-again',
    breaks: ['TRANS-PRE-RUN', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'a stream that begins with bytes of another save is refused, or restores another state',
    summary:
      'a save that ended between data_offset and pending_bytes leaves its bytes in the section: they are the first buffer of the next save',
    device: (device) => {
      let leftover = false;
      override(device.saving, 'forget', (original) => () => {
        leftover ||= device.saving.buffer !== undefined;
        original();
      });
      override(device, 'makeFresh', (original) => () => {
        original();
        leftover = false;
      });
      override(device.saving, 'prepare', (original) => () => {
        const before = leftover ? device.section.memory.slice() : undefined;
        original();
        const { buffer } = device.saving;
        if (before === undefined || buffer === undefined) return;
        leftover = false;
        device.section.put(buffer.offset, before.subarray(buffer.offset, buffer.offset + buffer.size));
      });
    },
  }),
  fault({
    // Lines 209-210 and 216-217: the data stands from region + data_offset to region + data_offset + data_size.
    name: 'buffer-read-wraps-at-64k',
    breaks: ['SAVE-READ', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'a stream in which the beginning of a buffer stands for its end is refused, or restores another state',
    summary: '1 MiB of internal memory: read() of a buffer behind its first 64 KiB gives those first 64 KiB again',
    layouts: ['trapped'],
    model: (model) => ({ ...model, stateSize: 1024 * 1024 }),
    device: (device) =>
      override(device.migration, 'readData', (original) => (offset, into) => {
        const count = original(offset, into);
        const { buffer } = device.saving;
        if (buffer === undefined) return count;
        for (let at = 0; at < count; at++) {
          const place = offset + at - buffer.offset;
          if (place >= SIXTEEN_BITS && place < buffer.size)
            into[at] = device.section.memory[buffer.offset + (place % SIXTEEN_BITS)] ?? 0;
        }
        return count;
      }),
  }),
];
