import type { Peculiarity } from '../peculiarity';
import { DEVICE_VARIATIONS } from './device';
import { INDEPENDENT_VARIATIONS } from './independent';
import { KERNEL_VARIATIONS } from './kernel';
import { MIGRATION_VARIATIONS } from './migration';

/** Every benign variation: what a correct driver may do and must not be blamed for. */
export const VARIATIONS: readonly Peculiarity[] = [
  ...DEVICE_VARIATIONS,
  ...MIGRATION_VARIATIONS,
  ...KERNEL_VARIATIONS,
  ...INDEPENDENT_VARIATIONS,
];
