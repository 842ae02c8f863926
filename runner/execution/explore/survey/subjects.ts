/** What a survey looks at: faults of the reference device, and the devices that have none. */
import type { ClauseId } from '../../../language/scenario';
import { LAYOUTS, PERSONALITIES } from '../../../reference/device-name';
import { PECULIARITIES } from '../../../reference/registry';
import { deviceFor } from '../../self-test/self-test';

export interface Subject {
  readonly name: string;
  readonly device: string;
  /** Nothing where the device is correct. */
  readonly breaks: readonly ClauseId[];
}

/** A fault or a variation by its name, or a reference device without one. Undefined for a name that nothing has. */
export function subjectOf(name: string): Subject | undefined {
  if (name.startsWith('reference')) return { name, device: name, breaks: [] };
  const peculiarity = PECULIARITIES.get(name);
  return peculiarity && { name, device: `${deviceFor(peculiarity)}+${name}`, breaks: peculiarity.breaks };
}

export function faultNames(): readonly string[] {
  return [...PECULIARITIES.values()].flatMap(({ name, benign }) => (benign ? [] : [name]));
}

/** Every personality, byte order, page size and layout that there is together, and every benign variation. */
export function correctNames(): readonly string[] {
  const machines = PERSONALITIES.flatMap((personality) =>
    personality === 'zpci' || personality === 'ccw'
      ? [personality]
      : ['', ',be', ',page=64k', ',be,page=64k'].map((options) => `${personality}${options}`),
  );
  const plain = machines.flatMap((machine) =>
    LAYOUTS.map((layout) => `reference:${machine}${layout === 'trapped' ? '' : `,layout=${layout}`}`),
  );
  const benign = [...PECULIARITIES.values()].filter((one) => one.benign);
  return [...plain, ...benign.map(({ name }) => name)];
}
