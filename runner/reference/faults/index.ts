import type { Peculiarity } from '../peculiarity';

/** Every fault, family by family. */
export const FAULTS: readonly Peculiarity[] = [];
