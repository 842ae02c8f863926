import type { DeviceModel } from './device-model';

/** Bytes of struct vfio_device_migration_info. */
export const MIGRATION_INFO_SIZE = 32;
const SMALLEST_WINDOW = 20 * 1024;
const LARGEST_WINDOW = 1024 * 1024;

/** One place in the data section where a buffer can stand. */
export interface Window {
  /** From the start of the region. */
  readonly offset: number;
  readonly size: number;
  readonly mappable: boolean;
}

export interface MappableArea {
  readonly offset: number;
  readonly size: number;
}

/** The migration region's data section: its memory, and where in it the buffers stand. */
export class DataSection {
  readonly windows: readonly Window[];
  /** The whole region; the first MIGRATION_INFO_SIZE bytes are never used, the fields answer there. */
  readonly memory: Uint8Array;

  constructor(readonly model: DeviceModel) {
    this.windows = layOut(model);
    const end = Math.max(...this.windows.map((window) => window.offset + window.size));
    this.memory = new Uint8Array(roundUp(end, model.pageSize));
  }

  get regionSize(): number {
    return this.memory.length;
  }

  /** Where buffer number `index` of a save or resume stands: a partitioned section takes turns. */
  window(index: number): Window {
    return this.windows[index % this.windows.length] ?? { offset: MIGRATION_INFO_SIZE, size: 0, mappable: false };
  }

  /** The areas that the SPARSE_MMAP capability names. */
  mappableAreas(): MappableArea[] {
    return this.windows.filter((window) => window.mappable).map(({ offset, size }) => ({ offset, size }));
  }

  /** True for bytes that belong to the section: everything after the structure. */
  contains(offset: number): boolean {
    return offset >= MIGRATION_INFO_SIZE && offset < this.regionSize;
  }

  put(offset: number, bytes: Uint8Array): void {
    this.memory.set(bytes, offset);
  }

  /** A copy: what the user does with the section afterwards must not matter. */
  take(offset: number, length: number): Uint8Array {
    return this.memory.slice(offset, offset + length);
  }
}

function layOut(model: DeviceModel): Window[] {
  const wanted = Math.min(LARGEST_WINDOW, Math.max(SMALLEST_WINDOW, Math.floor(model.stateSize / 8)));
  const size = roundUp(wanted, model.pageSize);
  switch (model.layout) {
    case 'trapped':
      return [{ offset: 2 * MIGRATION_INFO_SIZE, size, mappable: false }];
    case 'mmapped':
      return [{ offset: model.pageSize, size, mappable: true }];
    case 'partitioned':
      return [
        { offset: model.pageSize, size, mappable: true },
        { offset: model.pageSize + size, size, mappable: false },
      ];
  }
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
