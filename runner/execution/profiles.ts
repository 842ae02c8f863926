/** Finds the profile of a device: the one that was named, or the one among devices/ that matches. */
import fs from 'node:fs';
import path from 'node:path';
import { createHost } from '../host/create-host';
import { loadProfile, PACKAGE_ROOT } from '../language';
import type { DeviceProfile } from '../language/scenario';
import { parseDeviceAddress } from '../vfio/device-address';
import { type DeviceIdentity, findHostDevice, identify } from '../vfio/host-devices';
import { orThrow } from './judging';
import type { DevicePlan } from './run-plan';

const FOLDER = path.join(PACKAGE_ROOT, 'devices');

/** Throws LanguageError when the profile is not valid, HostUnavailable where the host cannot be reached. */
export function findProfile(plan: DevicePlan): DeviceProfile | undefined {
  if (plan.profile !== undefined) return orThrow(loadProfile(plan.profile));
  const parsed = parseDeviceAddress(plan.device);
  if (!parsed.ok) return undefined;
  if (parsed.value.kind === 'reference') {
    const { personality, peculiarities } = parsed.value.reference;
    // A profile for a variation of the device comes before that of the plain one: less may be claimed of it.
    const names = [...peculiarities.map((name) => `${personality}+${name}`), personality];
    const profiles = packaged();
    return names
      .map((name) => profiles.find((profile) => profile.match.reference === name))
      .find((profile) => profile !== undefined);
  }
  const host = createHost(plan.host);
  try {
    const found = findHostDevice(host, parsed.value);
    if (!found) return undefined;
    const identity = identify(host, found);
    return packaged().find((profile) => matches(profile, identity));
  } finally {
    host.dispose();
  }
}

function packaged(): DeviceProfile[] {
  if (!fs.existsSync(FOLDER)) return [];
  const files = fs
    .readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return files.map((name) => orThrow(loadProfile(path.join(FOLDER, name))));
}

function matches(profile: DeviceProfile, identity: DeviceIdentity): boolean {
  const { pci, driver, mdevType, reference } = profile.match;
  if (reference !== undefined) return false;
  const wanted: [string | undefined, string | undefined][] = [
    [pci, identity.vendorId && identity.deviceId ? `${identity.vendorId}:${identity.deviceId}` : undefined],
    [driver, identity.parentDriver ?? identity.driver],
    [mdevType, identity.mdevType],
  ];
  const given = wanted.filter(([want]) => want !== undefined);
  return given.length > 0 && given.every(([want, is]) => want === is);
}
