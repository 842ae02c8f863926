import { MemoryFault } from '../../host/vfio-host';
import type { ReferenceDevice } from '../device/reference-device';
import { RESUMING } from '../device/state-machine';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const MAPPABLE = ['mmapped', 'partitioned'] as const;

function inMappable(device: ReferenceDevice, offset: number): boolean {
  return device.section.mappableAreas().some((area) => offset >= area.offset && offset < area.offset + area.size);
}

export const MAPPED_SECTION_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'mapped-offset-unaligned',
    breaks: ['MIG-MMAP-ALIGN'],
    summary: 'buffers in the mappable area begin 64 bytes behind a page',
    layouts: MAPPABLE,
    device: (device) =>
      override(device.section, 'window', (original) => (index) => {
        const window = original(index);
        return window.mappable ? { ...window, offset: window.offset + 64, size: window.size - 64 } : window;
      }),
  }),
  fault({
    name: 'mapped-offset-unaligned-later',
    breaks: ['MIG-MMAP-ALIGN'],
    summary: 'from the fifth buffer on data_offset in the mappable area is not page aligned',
    layouts: MAPPABLE,
    device: (device) =>
      override(device.section, 'window', (original) => (index) => {
        const window = original(index);
        return window.mappable && index >= 4
          ? { ...window, offset: window.offset + 32, size: window.size - 32 }
          : window;
      }),
  }),
  fault({
    name: 'resume-mapped-offset-unaligned',
    breaks: ['MIG-MMAP-ALIGN'],
    summary:
      'in _RESUMING the third data_offset lies 8 bytes behind a page of the mappable area; while saving all are aligned',
    layouts: MAPPABLE,
    onDestination: true,
    device: (device) =>
      override(device.section, 'window', (original) => (index) => {
        const window = original(index);
        return window.mappable && index % 4 === 2 && device.machine.current === RESUMING
          ? { ...window, offset: window.offset + 8, size: window.size - 8 }
          : window;
      }),
  }),
  fault({
    name: 'sparse-area-past-region',
    breaks: ['MIG-MMAP-SPARSE'],
    summary: 'the last mappable area reaches one page past the region’s end',
    layouts: MAPPABLE,
    device: (device) =>
      override(
        device.migrationInfo,
        'areas',
        (original) => () =>
          original().map((area) => ({
            ...area,
            size: device.section.regionSize - area.offset + device.model.pageSize,
          })),
      ),
  }),
  fault({
    name: 'sparse-area-over-structure',
    breaks: ['MIG-MMAP-SPARSE'],
    summary: 'the mappable area begins at offset 0: the structure can be mapped, and stores to it go unseen',
    layouts: MAPPABLE,
    device: (device) => {
      const grow = (areas: { offset: number; size: number }[]): { offset: number; size: number }[] =>
        areas.map((area) => ({ offset: 0, size: area.offset + area.size }));
      override(device.migrationInfo, 'areas', (original) => () => grow(original()));
      override(device.migrationInfo, 'mayMap', () => (offset, length) => offset + length <= device.section.regionSize);
    },
  }),
  fault({
    name: 'sparse-area-not-mappable',
    breaks: ['MIG-MMAP-SPARSE'],
    summary: 'mmap of an advertised area fails with EINVAL',
    layouts: MAPPABLE,
    device: (device) => override(device.migrationInfo, 'mayMap', () => () => false),
  }),
  fault({
    name: 'sparse-area-tail-not-mappable',
    breaks: ['MIG-MMAP-SPARSE'],
    summary: 'mmap fails where it includes the last page of an advertised area',
    layouts: MAPPABLE,
    device: (device) =>
      override(
        device.migrationInfo,
        'mayMap',
        (original) => (offset, length) =>
          original(offset, length) &&
          !device.section
            .mappableAreas()
            .some((area) => offset + length > area.offset + area.size - device.model.pageSize),
      ),
  }),
  fault({
    name: 'mapped-area-read-refused',
    breaks: ['MIG-MMAP-OPTIONAL', 'SAVE-READ'],
    reason: 'a user without mmap cannot read the data at all',
    summary: 'read() of the mappable part of the data section fails with EINVAL',
    layouts: MAPPABLE,
    device: (device) =>
      override(
        device.migration,
        'readData',
        (original) => (offset, into) => (inMappable(device, offset) ? fail('EINVAL') : original(offset, into)),
      ),
  }),
  fault({
    name: 'mapped-area-read-stale',
    breaks: ['MIG-MMAP-OPTIONAL'],
    summary: 'read() of the mappable part gives the buffer before the current one; a mapping shows the current one',
    layouts: MAPPABLE,
    device: (device) => {
      let before = device.section.memory.slice();
      override(device.saving, 'prepare', (original) => () => {
        before = device.section.memory.slice();
        original();
      });
      override(device.migration, 'readData', (original) => (offset, into) => {
        if (device.saving.active === undefined || !inMappable(device, offset)) return original(offset, into);
        const bytes = before.subarray(offset, offset + into.length);
        into.set(bytes);
        return bytes.length;
      });
    },
  }),
  fault({
    name: 'mapped-area-write-refused',
    breaks: ['MIG-MMAP-OPTIONAL', 'RES-WRITE'],
    reason: 'a user without mmap cannot give the data at all',
    summary: 'write() to the mappable part of the data section fails with EFAULT while resuming',
    onDestination: true,
    layouts: MAPPABLE,
    device: (device) =>
      override(
        device.migration,
        'writeData',
        (original) => (offset, from) => (inMappable(device, offset) ? fail('EFAULT') : original(offset, from)),
      ),
  }),
  fault({
    name: 'mapped-store-lost',
    breaks: ['RES-WRITE', 'MIG-MMAP-OPTIONAL'],
    reason: 'data given by mmap is not the data that the driver consumes',
    summary: 'what the user stores through a mapping while resuming never reaches the driver',
    onDestination: true,
    layouts: MAPPABLE,
    device: (device) =>
      override(device.migrationInfo, 'mapping', (original) => (offset, length) => {
        const mapping = original(offset, length);
        return device.machine.current === RESUMING ? { ...mapping, bytes: mapping.bytes.slice() } : mapping;
      }),
  }),
  fault({
    name: 'sigbus-mmap',
    breaks: ['DEV-RESPONDS'],
    summary: 'a load from the advertised mappable area raises SIGBUS',
    layouts: MAPPABLE,
    device: (device) =>
      override(device.migrationInfo, 'mapping', (original) => (offset, length) => ({
        ...original(offset, length),
        check: (at, width) => {
          throw new MemoryFault('SIGBUS', at, width);
        },
      })),
  }),
  fault({
    name: 'sigbus-mmap-last-page',
    breaks: ['DEV-RESPONDS'],
    summary: 'the last page of the mappable area raises SIGBUS when it is touched; the others do not',
    layouts: MAPPABLE,
    device: (device) =>
      override(device.migrationInfo, 'mapping', (original) => (offset, length) => ({
        ...original(offset, length),
        check: (at, width) => {
          const last =
            Math.max(...device.section.mappableAreas().map((area) => area.offset + area.size)) - device.model.pageSize;
          if (offset + at + width > last) throw new MemoryFault('SIGBUS', at, width);
        },
      })),
  }),
];
