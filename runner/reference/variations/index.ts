import type { Peculiarity } from '../peculiarity';

/** Every benign variation: what a correct driver may do and must not be blamed for. */
export const VARIATIONS: readonly Peculiarity[] = [];
