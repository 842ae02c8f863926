/**
 * struct vfio_device_migration_info: stands at offset 0 of a version 1 migration region. Its fields may be accessed only at their
 * native width and alignment. Kernels since 5.18 keep these names with _V1_ or _DEPRECATED in them.
 */
import { defineLayout, type LayoutValues, u32, u64 } from '../layout';

export const VFIO_DEVICE_STATE_STOP = 0;
export const VFIO_DEVICE_STATE_RUNNING = 1 << 0;
export const VFIO_DEVICE_STATE_SAVING = 1 << 1;
export const VFIO_DEVICE_STATE_RESUMING = 1 << 2;
export const VFIO_DEVICE_STATE_MASK = VFIO_DEVICE_STATE_RUNNING | VFIO_DEVICE_STATE_SAVING | VFIO_DEVICE_STATE_RESUMING;

export const vfioDeviceMigrationInfo = defineLayout(
  'vfio_device_migration_info',
  {
    /** Read and write; bits 3 to 31 are reserved and preserved by the user. */
    device_state: u32(0),
    /** Reads as zero, writes are ignored. */
    reserved: u32(4),
    /** Read only, bytes. */
    pending_bytes: u64(8),
    /** Read only, from the start of the region. */
    data_offset: u64(16),
    /** Read while saving, written while resuming; bytes. */
    data_size: u64(24),
  },
  32,
);
export type VfioDeviceMigrationInfo = LayoutValues<typeof vfioDeviceMigrationInfo>;

/** A field of the structure. */
export type MigrationField = keyof typeof vfioDeviceMigrationInfo.fields;

/** VFIO_DEVICE_STATE_VALID: false for 101b, 110b and 111b, whatever the reserved bits are. */
export function VFIO_DEVICE_STATE_VALID(state: number): boolean {
  return (state & VFIO_DEVICE_STATE_RESUMING) !== 0
    ? (state & VFIO_DEVICE_STATE_MASK) === VFIO_DEVICE_STATE_RESUMING
    : true;
}

/** VFIO_DEVICE_STATE_IS_ERROR: true for 110b only. */
export function VFIO_DEVICE_STATE_IS_ERROR(state: number): boolean {
  return (state & VFIO_DEVICE_STATE_MASK) === (VFIO_DEVICE_STATE_SAVING | VFIO_DEVICE_STATE_RESUMING);
}

/** VFIO_DEVICE_STATE_SET_ERROR: the state bits become 110b, the others stay. Unsigned. */
export function VFIO_DEVICE_STATE_SET_ERROR(state: number): number {
  return ((state & ~VFIO_DEVICE_STATE_MASK) | VFIO_DEVICE_STATE_SAVING | VFIO_DEVICE_STATE_RESUMING) >>> 0;
}
