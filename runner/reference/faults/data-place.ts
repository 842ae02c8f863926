import type { ReferenceDevice } from '../device/reference-device';
import { PACKET } from '../device/stream-packet';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';
import { onBuffer } from './saving';

/** Which buffer of its save is the current one, from 1. */
function bufferNumber(device: ReferenceDevice): () => number {
  let buffers = 0;
  onBuffer(device, (number, prepare) => {
    buffers = number;
    prepare();
  });
  return () => buffers;
}

export const DATA_PLACE_FAULTS: readonly Peculiarity[] = [
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
      const number = bufferNumber(device);
      override(device.saving, 'dataOffset', (original) => () => {
        const answer = original();
        return number() === 3 ? 24n : answer;
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
        (original) => () => (device.saving.buffer?.planned.kind === PACKET.end ? 1n << 40n : original()),
      ),
  }),
  fault({
    name: 'second-data-size-past-region',
    breaks: ['MIG-DATA-NONZERO', 'SAVE-SIZE'],
    reason: 'a short read ends at the region’s end, and the bytes promised beyond never come',
    summary: 'the second buffer’s data_size reaches 8 bytes past the region’s end',
    device: (device) => {
      const number = bufferNumber(device);
      override(device.saving, 'dataSize', (original) => () => {
        const { buffer } = device.saving;
        return number() === 2 && buffer !== undefined
          ? BigInt(device.section.regionSize - buffer.offset + 8)
          : original();
      });
    },
  }),
];
