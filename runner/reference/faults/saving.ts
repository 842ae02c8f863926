import type { ReferenceDevice } from '../device/reference-device';
import { END_SIZE } from '../device/saving-stream';
import { PACKET, PACKET_HEADER_SIZE } from '../device/stream-packet';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const LOST = 'with a part of the stream missing or repeated the destination refuses it, or runs on with another state';

/** Counts the buffers of each save: the number of the one that prepare() is about to build, from 1. */
export function onBuffer(device: ReferenceDevice, act: (number: number, prepare: () => void) => void): void {
  let buffers = 0;
  override(device.saving, 'begin', (original) => (phase) => {
    buffers = 0;
    original(phase);
  });
  override(device.saving, 'prepare', (original) => () => {
    buffers++;
    act(buffers, original);
  });
}

/** Counts reads of data_offset in one iteration: 1 for the first. */
function onOffsetRead(
  device: ReferenceDevice,
  act: (count: number, read: () => bigint | number) => bigint | number,
): void {
  let reads = 0;
  override(device.saving, 'acknowledge', (original) => () => {
    reads = 0;
    original();
  });
  override(device.saving, 'dataOffset', (original) => () => act(++reads, original));
}

/** Counts reads of pending_bytes since data_offset was read last. */
function onPoll(device: ReferenceDevice, act: (count: number) => void): void {
  let polls = 0;
  override(device.saving, 'prepare', (original) => () => {
    polls = 0;
    original();
  });
  // A new state is no second read in a row.
  override(device.machine, 'setState', (original) => (state) => {
    polls = 0;
    original(state);
  });
  override(device.saving, 'pendingBytes', (original) => () => {
    polls++;
    if (device.saving.active !== undefined && device.saving.buffer === undefined) act(polls);
    return original();
  });
}

function skipOne(device: ReferenceDevice): void {
  device.saving.prepare();
  device.saving.acknowledge();
}

export const SAVING_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'pending-read-consumes',
    breaks: ['SAVE-PENDING-PURE', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary: 'pending_bytes read a second time in a row throws the next buffer away',
    device: (device) =>
      onPoll(device, (count) => {
        if (count > 1) skipOne(device);
      }),
  }),
  fault({
    name: 'fourth-poll-consumes',
    breaks: ['SAVE-PENDING-PURE', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary: 'only the fourth read of pending_bytes in a row throws the next buffer away',
    device: (device) =>
      onPoll(device, (count) => {
        if (count === 4) skipOne(device);
      }),
  }),
  fault({
    name: 'data-arrives-late',
    breaks: ['SAVE-OFFSET-READY', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'what is read at once and given to the destination is not what was saved',
    summary: 'data_offset is answered at once, the data arrive 5 ms later',
    device: (device) => lateData(device, 5, 0),
  }),
  fault({
    name: 'data-tail-arrives-late',
    breaks: ['SAVE-OFFSET-READY', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'what is read at once and given to the destination is not what was saved',
    summary: 'the last 16 bytes of each buffer arrive 20 ms after data_offset was answered',
    device: (device) => lateData(device, 20, 16),
  }),
  fault({
    name: 'data-size-too-large',
    breaks: ['SAVE-SIZE', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'bytes that are no data of this buffer go into the stream',
    summary: 'data_size counts 16 bytes more than are there',
    device: (device) =>
      override(device.saving, 'dataSize', (original) => () => {
        const size = original();
        return typeof size === 'bigint' && size > 0n ? size + 16n : size;
      }),
  }),
  fault({
    name: 'data-size-too-small',
    breaks: ['SAVE-SIZE', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'the bytes that were not counted never reach the destination',
    summary: 'data_size leaves the last 4 bytes of a buffer out',
    device: (device) =>
      override(device.saving, 'dataSize', (original) => () => {
        const size = original();
        return typeof size === 'bigint' && size > 4n ? size - 4n : size;
      }),
  }),
  fault({
    name: 'data-size-zero-in-between',
    breaks: ['SAVE-PROGRESS'],
    summary: 'in stop-and-copy every third iteration has data_size 0 although bytes are pending',
    device: (device) => {
      let iterations = 0;
      let empty: boolean | undefined;
      override(device.saving, 'pendingBytes', (original) => () => {
        empty = undefined;
        return original();
      });
      override(device.saving, 'dataOffset', (original) => () => {
        if (device.saving.active !== 'stop-and-copy') return original();
        empty ??= ++iterations % 3 === 0;
        return empty ? BigInt(device.section.window(0).offset) : original();
      });
    },
  }),
  fault({
    name: 'reread-offset-advances',
    breaks: ['SAVE-REREAD', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary: 'data_offset read a second time gives the next buffer',
    device: (device) =>
      onOffsetRead(device, (count, read) => {
        if (count === 2) device.saving.acknowledge();
        return read();
      }),
  }),
  fault({
    name: 'third-reread-drops-buffer',
    breaks: ['SAVE-REREAD', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary: 'data_offset may be read twice, but a third read gives the next buffer',
    device: (device) =>
      onOffsetRead(device, (count, read) => {
        if (count === 3) device.saving.acknowledge();
        return read();
      }),
  }),
  fault({
    name: 'reread-size-zero',
    breaks: ['SAVE-REREAD'],
    summary: 'data_size read a second time in one iteration is 0',
    device: (device) => {
      let last: unknown;
      override(device.saving, 'dataSize', (original) => () => {
        const { buffer } = device.saving;
        const again = buffer !== undefined && buffer === last;
        last = buffer;
        return again ? 0n : original();
      });
    },
  }),
  fault({
    name: 'third-buffer-skipped',
    breaks: ['SAVE-ACK', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary: 'the third buffer of a save is never offered',
    device: (device) =>
      onBuffer(device, (number, prepare) => {
        prepare();
        if (number !== 3) return;
        device.saving.acknowledge();
        prepare();
      }),
  }),
  fault({
    name: 'second-buffer-twice',
    breaks: ['SAVE-ACK', 'SAVE-PENDING-PURE'],
    reason: 'a second read of pending_bytes does then what the first one should have done',
    summary: 'reading pending_bytes after the second buffer does not end the iteration: the same buffer comes again',
    device: (device) => {
      let buffers = 0;
      onBuffer(device, (number, prepare) => {
        buffers = number;
        prepare();
      });
      let repeated = false;
      override(device.saving, 'begin', (original) => (phase) => {
        repeated = false;
        original(phase);
      });
      override(device.saving, 'acknowledge', (original) => () => {
        if (buffers === 2 && !repeated && device.saving.buffer !== undefined) repeated = true;
        else original();
      });
    },
  }),
  fault({
    name: 'last-buffer-never-offered',
    breaks: ['SAVE-ACK', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary: 'pending_bytes is 0 before the last buffer was offered',
    device: (device) => {
      const last = PACKET_HEADER_SIZE + END_SIZE;
      override(device.saving, 'next', (original) => () => {
        const planned = original();
        return planned?.kind === PACKET.end ? undefined : planned;
      });
      override(device.saving, 'bytesLeft', (original) => () => (original() === last ? 0 : original()));
    },
  }),
];

/** The section holds zeros in place of the last `tail` bytes (all of them for 0) until some time has passed. */
function lateData(device: ReferenceDevice, milliseconds: number, tail: number): void {
  override(device.saving, 'prepare', (original) => () => {
    original();
    const { buffer } = device.saving;
    if (buffer === undefined) return;
    const length = tail === 0 ? buffer.size : Math.min(tail, buffer.size);
    const at = buffer.offset + buffer.size - length;
    const bytes = device.section.take(at, length);
    device.section.put(at, new Uint8Array(length));
    device.clock.after(milliseconds, () => {
      if (device.saving.buffer === buffer) device.section.put(at, bytes);
    });
  });
}
