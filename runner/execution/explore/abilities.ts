/** What walks may do on a device: decided once, by what the device shows, its profile and the command line. */
import { VFIO_DEVICE_FLAGS_RESET } from '../../abi';
import type { DeviceProfile } from '../../language/scenario';
import type { DeviceDescription } from '../probe';
import type { DevicePlan } from '../run-plan';

export interface Abilities {
  /** The device shows a v1 migration region, or is said to have one: its absence is then a finding. */
  readonly migration: boolean;
  readonly reset: boolean;
  /** `self`: the device is reset and takes its own state back. */
  readonly destination: 'none' | 'other' | 'self';
  /** The profile can put a value into the device, and read back what identifies its state. */
  readonly mark: boolean;
  readonly counter: boolean;
  readonly dma: boolean;
  readonly irq: boolean;
  /** The profile can bring the device into ERROR. */
  readonly error: boolean;
  readonly dirtyPages: boolean;
  /** Device info has capabilities that one may look at again. */
  readonly capabilities: boolean;
}

export function abilitiesOf(
  plan: DevicePlan,
  description: DeviceDescription,
  profile: DeviceProfile | undefined,
): Abilities {
  const { shows, flags } = description;
  const claims = profile?.claims ?? [];
  const has = (what: string) => shows.includes(what) || claims.includes(what);
  const other = plan.destination !== undefined || plan.device.startsWith('reference');
  return {
    migration: has('migration-v1'),
    reset: (flags & VFIO_DEVICE_FLAGS_RESET) !== 0,
    destination: plan.destination === 'self' ? 'self' : other ? 'other' : 'none',
    mark: profile?.mark !== undefined && profile.fingerprint !== undefined,
    counter: profile?.counter !== undefined,
    dma: profile?.dma !== undefined,
    irq: profile?.irq !== undefined,
    error: profile?.error !== undefined,
    dirtyPages: has('dirty-pages'),
    capabilities: has('zpci'),
  };
}
