/** Names of what device_state can hold, as scenarios and reports write them. */
import {
  VFIO_DEVICE_STATE_MASK,
  VFIO_DEVICE_STATE_RESUMING,
  VFIO_DEVICE_STATE_RUNNING,
  VFIO_DEVICE_STATE_SAVING,
  VFIO_DEVICE_STATE_STOP,
} from './structures/vfio-device-migration-info';

/** The eight values of the three state bits, in order of their value. */
export const DEVICE_STATE_NAMES = [
  'stop',
  'running',
  'stop-and-copy',
  'pre-copy',
  'resuming',
  'invalid-101',
  'error',
  'invalid-111',
] as const;

export type DeviceStateName = (typeof DEVICE_STATE_NAMES)[number];

/** The bits of each name. */
export const DEVICE_STATE_BITS: Readonly<Record<DeviceStateName, number>> = {
  stop: VFIO_DEVICE_STATE_STOP,
  running: VFIO_DEVICE_STATE_RUNNING,
  'stop-and-copy': VFIO_DEVICE_STATE_SAVING,
  'pre-copy': VFIO_DEVICE_STATE_SAVING | VFIO_DEVICE_STATE_RUNNING,
  resuming: VFIO_DEVICE_STATE_RESUMING,
  'invalid-101': VFIO_DEVICE_STATE_RESUMING | VFIO_DEVICE_STATE_RUNNING,
  error: VFIO_DEVICE_STATE_RESUMING | VFIO_DEVICE_STATE_SAVING,
  'invalid-111': VFIO_DEVICE_STATE_MASK,
};

/** The name of a device_state; bits 3 to 31 are not looked at. */
export function deviceStateName(state: number): DeviceStateName {
  return DEVICE_STATE_NAMES[(state & VFIO_DEVICE_STATE_MASK) as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7];
}

/** True for a word that names a device state. */
export function isDeviceStateName(word: string): word is DeviceStateName {
  return (DEVICE_STATE_NAMES as readonly string[]).includes(word);
}
