/** Which certifications an injection takes: a seed says all of it. */
import { deviceFor } from '../../runner/execution/self-test/self-test';
import { FAULTS } from '../../runner/reference/registry';
import type { RunRequest } from './certification';
import { Dice, KINDS, type Kind } from './injection';

/** Correct devices of different make. */
export const SOUND: readonly string[] = [
  'reference',
  'reference:pci,layout=mmapped',
  'reference:pci,layout=partitioned',
  'reference:pci,be',
  'reference:zpci',
  'reference:ccw',
];
/** So many devices with a fault; each needs a run of its own to compare with. */
const BROKEN_DEVICES = 18;
/** How many calls there are to one that is hit. A certification makes some 35000. */
const ONE_IN: Readonly<Record<Kind, number>> = { transparent: 500, host: 700, driver: 600 };

export function schedule(runs: number, seed: number): readonly RunRequest[] {
  const dice = new Dice(seed);
  const broken = Array.from({ length: BROKEN_DEVICES }, () => {
    const fault = dice.of(FAULTS);
    return `${deviceFor(fault)}+${fault.name}`;
  });
  return Array.from({ length: runs }, (_, n) => {
    const kind = KINDS[n % KINDS.length] ?? 'transparent';
    // What a driver answers can only hide what a driver does wrong; the other kinds must leave both sorts of device as they are.
    const wantsBroken = kind === 'driver' ? n % 4 !== 0 : n % 3 === 0;
    const device = dice.of(wantsBroken ? broken : SOUND);
    return { kind, device, seed: (seed * 100_003 + n) >>> 0, oneIn: ONE_IN[kind] };
  });
}
