import { fail } from '../kernel/errno';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

export const READING_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'data-read-fails-behind-a-page',
    breaks: ['SAVE-READ'],
    summary: 'reads that begin more than 4096 bytes behind data_offset fail with EIO, longer ones end there',
    device: (device) =>
      override(device.migration, 'readData', (original) => (offset, into) => {
        const { buffer } = device.saving;
        if (buffer === undefined) return original(offset, into);
        const left = buffer.offset + 4096 - offset;
        return left <= 0 ? fail('EIO') : original(offset, into.subarray(0, left));
      }),
  }),
  fault({
    name: 'data-read-ends-early',
    breaks: ['SAVE-READ'],
    summary: 'the last 8 bytes of a buffer cannot be read: read() returns 0 there',
    device: (device) =>
      override(device.migration, 'readData', (original) => (offset, into) => {
        const { buffer } = device.saving;
        if (buffer === undefined) return original(offset, into);
        const left = Math.max(0, buffer.offset + buffer.size - 8 - offset);
        return left === 0 ? 0 : original(offset, into.subarray(0, left));
      }),
  }),
  fault({
    name: 'byte-reads-refused',
    breaks: ['SAVE-READ-PIECES'],
    summary: 'a read of one byte of data fails with EINVAL',
    device: (device) =>
      override(
        device.migration,
        'readData',
        (original) => (offset, into) => (into.length === 1 ? fail('EINVAL') : original(offset, into)),
      ),
  }),
  fault({
    name: 'eight-byte-reads-swapped',
    breaks: ['SAVE-READ-PIECES'],
    summary: 'a read of exactly 8 bytes of data gives them in the opposite order',
    device: (device) =>
      override(device.migration, 'readData', (original) => (offset, into) => {
        const result = original(offset, into);
        if (into.length === 8) into.reverse();
        return result;
      }),
  }),
  fault({
    name: 'only-whole-reads',
    breaks: ['SAVE-READ-PIECES'],
    summary: 'data can be read only from data_offset on: pieces that begin later fail with EINVAL',
    device: (device) =>
      override(device.migration, 'readData', (original) => (offset, into) => {
        const { buffer } = device.saving;
        return buffer !== undefined && offset !== buffer.offset ? fail('EINVAL') : original(offset, into);
      }),
  }),
];
