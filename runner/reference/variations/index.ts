import type { Peculiarity } from '../peculiarity';
import { DEVICE_VARIATIONS } from './device';

/** Every benign variation: what a correct driver may do and must not be blamed for. */
export const VARIATIONS: readonly Peculiarity[] = [...DEVICE_VARIATIONS];
