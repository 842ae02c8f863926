import { FAULTS } from './faults/index';
import type { Peculiarity } from './peculiarity';
import { VARIATIONS } from './variations/index';

/** Every fault and every benign variation, by name. */
export const PECULIARITIES: ReadonlyMap<string, Peculiarity> = byName([...FAULTS, ...VARIATIONS]);

export { FAULTS, VARIATIONS };

function byName(all: readonly Peculiarity[]): Map<string, Peculiarity> {
  const map = new Map<string, Peculiarity>();
  for (const peculiarity of all) {
    if (map.has(peculiarity.name)) throw new Error(`two faults or variations are called ${peculiarity.name}`);
    map.set(peculiarity.name, peculiarity);
  }
  return map;
}
