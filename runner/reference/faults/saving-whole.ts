import { crc32 } from '../crc32';
import { BLOCK_SIZE } from '../device/device-model';
import { decodeRegisters, encodeRegisters } from '../device/internal-state';
import type { ReferenceDevice } from '../device/reference-device';
import { PACKET } from '../device/stream-packet';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const LOST = 'with a part of the state missing the destination refuses the stream, or runs on with another state';

/** Makes a save carry `memory()` in place of the device's own, checksums and all: nobody can tell from the stream. */
export function saveOther(device: ReferenceDevice, memory: () => Uint8Array | undefined): void {
  override(
    device.saving,
    'blockBytes',
    (original) => (first, count) =>
      memory()?.slice(first * BLOCK_SIZE, (first + count) * BLOCK_SIZE) ?? original(first, count),
  );
  override(device.saving, 'payload', (original) => (planned) => {
    const payload = original(planned);
    const other = memory();
    if (planned.kind === PACKET.end && other !== undefined)
      new DataView(payload.buffer, payload.byteOffset).setUint32(0, crc32(other), true);
    return payload;
  });
}

/** Changes the register packet of a save. */
function saveRegisters(device: ReferenceDevice, change: (registers: ReturnType<typeof decodeRegisters>) => void): void {
  override(device.saving, 'payload', (original) => (planned) => {
    const payload = original(planned);
    if (planned.kind !== PACKET.registers) return payload;
    const registers = decodeRegisters(payload);
    change(registers);
    return encodeRegisters(registers);
  });
}

/** Counts the saves since the device was made fresh, this one included. */
function savesOf(device: ReferenceDevice): () => number {
  let saves = 0;
  override(device.saving, 'begin', (original) => (phase) => {
    saves++;
    original(phase);
  });
  override(device, 'makeFresh', (original) => () => {
    saves = 0;
    original();
  });
  return () => saves;
}

export const WHOLE_SAVE_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'pending-never-zero',
    breaks: ['SAVE-DRAIN', 'SAVE-PROGRESS'],
    reason: 'what is pending for ever is never offered: data_size stays 0',
    summary: 'one byte stays pending for ever in stop-and-copy',
    device: (device) =>
      override(
        device.saving,
        'bytesLeft',
        (original) => () => Math.max(original(), device.saving.active === 'stop-and-copy' ? 1 : 0),
      ),
  }),
  fault({
    name: 'drain-starts-over',
    breaks: ['SAVE-DRAIN'],
    summary: 'after the last buffer of stop-and-copy the save begins again from the first',
    device: (device) =>
      override(device.saving, 'acknowledge', (original) => () => {
        original();
        if (device.saving.active === 'stop-and-copy' && device.saving.bytesLeft() === 0)
          device.saving.begin('stop-and-copy');
      }),
  }),
  fault({
    name: 'pending-promises-double',
    breaks: ['SAVE-SUM'],
    summary: 'pending_bytes at the start of stop-and-copy is twice what will be delivered',
    device: (device) => {
      let first = false;
      override(device.machine, 'changeSave', (original) => (from, to) => {
        original(from, to);
        first = true;
      });
      override(device.saving, 'prepare', (original) => () => {
        first = false;
        original();
      });
      override(
        device.saving,
        'bytesLeft',
        (original) => () => (first && device.saving.active === 'stop-and-copy' ? 2 * original() : original()),
      );
    },
  }),
  fault({
    name: 'pending-is-a-flag',
    breaks: ['SAVE-SUM'],
    summary: 'pending_bytes is 1 as long as anything is pending',
    device: (device) => override(device.saving, 'pendingBytes', (original) => () => (original() > 0n ? 1n : 0n)),
  }),
  fault({
    name: 'pre-copy-changes-not-sent',
    breaks: ['SAVE-REGARDLESS', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary: 'what changes in pre-copy after it was sent is not sent again',
    device: (device) => {
      const sent = new Set<number>();
      override(device.saving, 'begin', (original) => (phase) => {
        sent.clear();
        original(phase);
      });
      override(device.saving, 'payload', (original) => (planned) => {
        for (let block = planned.first; block < planned.first + planned.count; block++) sent.add(block);
        return original(planned);
      });
      override(device.saving, 'collectChanges', (original) => () => {
        const before = new Set(device.saving.pendingBlocks);
        original();
        for (const block of sent) if (!before.has(block)) device.saving.pendingBlocks.delete(block);
      });
    },
  }),
  fault({
    name: 'early-exit-drops-unread',
    breaks: ['SAVE-REGARDLESS', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary: 'what was not read in pre-copy is not offered in stop-and-copy either',
    device: (device) =>
      override(device.saving, 'continue', (original) => (phase) => {
        original(phase);
        device.saving.pendingBlocks.clear();
      }),
  }),
  fault({
    name: 'early-exit-loses-current-buffer',
    breaks: ['SAVE-REGARDLESS', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: LOST,
    summary: 'a buffer that was announced but not read when pre-copy was left counts as sent',
    device: (device) =>
      override(device.saving, 'continue', (original) => (phase) => {
        device.saving.acknowledge();
        original(phase);
      }),
  }),
  fault({
    name: 'second-save-omits-memory',
    breaks: ['SAVE-STABLE', 'TRANS-PRE-RUN', 'RES-APPLY'],
    reason: 'a save after a cancelled one is not whole, and what it lacks cannot be restored',
    summary: 'after a cancel the next save holds only what has changed since the first',
    device: (device) => {
      const saves = savesOf(device);
      override(device.machine, 'changeSave', (original) => (from, to) => {
        const fresh = device.saving.active === undefined;
        original(from, to);
        if (fresh && device.saving.active !== undefined && saves() > 1) device.saving.pendingBlocks.clear();
      });
    },
  }),
  fault({
    name: 'second-save-loses-scratch',
    breaks: ['SAVE-STABLE', 'TRANS-PRE-RUN'],
    reason: 'the save after a cancelled one is not whole',
    summary: 'from the second save on the scratch register is saved as 0',
    device: (device) => {
      const saves = savesOf(device);
      saveRegisters(device, (registers) => {
        if (saves() > 1) registers.scratch = 0;
      });
    },
  }),
  fault({
    name: 'save-loses-scratch',
    breaks: ['TRANS-RUN-SC', 'RES-APPLY'],
    reason: 'a state that was not handed out whole cannot arrive',
    summary: 'the scratch register is not part of the saved state',
    device: (device) =>
      saveRegisters(device, (registers) => {
        registers.scratch = 0;
      }),
  }),
  fault({
    name: 'save-sends-stale-memory',
    breaks: ['TRANS-RUN-SC', 'RES-APPLY'],
    reason: 'a state that was not handed out cannot arrive',
    summary: 'the save carries internal memory as it was when the device was opened or reset',
    device: (device) => {
      let stale: Uint8Array | undefined;
      override(device, 'makeFresh', (original) => () => {
        original();
        stale = device.state.memory.slice();
      });
      saveOther(device, () => stale);
    },
  }),
  fault({
    name: 'save-flips-one-bit',
    breaks: ['TRANS-RUN-SC', 'RES-APPLY'],
    reason: 'a state that was handed out wrong arrives wrong',
    summary: 'one bit of the last block is flipped in the save, with checksums to match',
    device: (device) =>
      saveOther(device, () => {
        const memory = device.state.memory.slice();
        const last = memory.length - 1;
        memory[last] = (memory[last] ?? 0) ^ 0x80;
        return memory;
      }),
  }),
];
