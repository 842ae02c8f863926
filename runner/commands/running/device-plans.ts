/** Which devices a run takes, each with its destination and profile; names are checked, nothing is opened. */
import path from 'node:path';
import { findProfile } from '../../execution/profiles';
import { isReplay } from '../../execution/replay';
import type { DevicePlan } from '../../execution/run-plan';
import { createReferenceHost } from '../../host/reference/create-reference-host';
import { loadProfile } from '../../language';
import { checkDevice, checkReference } from '../support/device-names';
import { InvalidFiles, UsageError } from '../support/exit';
import type { CheckedOptions } from './options';
import { absoluteReplay, checkReplay } from './recordings';

const NAME_ONE = [
  'Name one with --device:',
  '  --device 0000:00:04.0   a PCI device or a mediated device; `vfio-conformance devices` lists those of this machine',
  '  --device reference      a simulated one, to try the kit without hardware',
].join('\n');

/** Saves, resets and resumes on the device under test itself. */
const SELF = 'self';

/** @throws UsageError; InvalidFiles or LanguageError for a profile; HostUnavailable where this machine cannot reach real devices. */
export function devicePlans(options: CheckedOptions, cwd: string): readonly DevicePlan[] {
  const { devices, destination, host } = options;
  if (devices.length === 0) throw new UsageError('no device is named to run on', NAME_ONE);
  const profile = checkedProfile(options.profile, cwd);
  const seen = new Set<string>();
  for (const device of devices) {
    if (isReplay(device)) {
      checkReplay(device, options);
      continue;
    }
    const { kind, name } = checkDevice(device, '--device');
    if (seen.has(name)) throw new UsageError(`--device ${device} is given twice`);
    seen.add(name);
    if (destination !== undefined && destination !== SELF)
      checkDestination(device, kind === 'reference', destination, name, options);
  }
  const plans = devices.map((device) => ({
    device: isReplay(device) ? absoluteReplay(device, cwd) : device,
    ...(destination === undefined ? {} : { destination }),
    ...(profile === undefined ? {} : { profile }),
    host,
  }));
  // The executor looks for the profile itself; here a profile that is not valid, or no way to real devices, is told as what it is.
  for (const plan of plans) findProfile(plan);
  return plans;
}

function checkDestination(
  device: string,
  simulated: boolean,
  destination: string,
  name: string,
  { devices, seed }: CheckedOptions,
): void {
  const second = checkDevice(destination, '--destination');
  if ((second.kind === 'reference') !== simulated)
    throw new UsageError(
      `--destination ${destination}: ${simulated ? 'a simulated device' : 'a real device'} cannot be migrated to ${simulated ? 'a real one' : 'a simulated one'}`,
    );
  if (simulated) {
    // Both live on one simulated host: what cannot stand side by side there shows when it is built.
    checkReference(() => createReferenceHost({ device, destination, seed }).dispose(), destination, '--destination');
    return;
  }
  if (second.name === name)
    throw new UsageError(
      `--destination ${destination} is the device under test`,
      'With `--destination self` it is saved, reset and resumed itself, which is weaker.',
    );
  if (devices.length > 1)
    throw new UsageError(
      `--destination ${destination}: ${devices.length} devices are under test, and they cannot share it`,
      'Test them one after the other, or with `--destination self`.',
    );
}

function checkedProfile(file: string | undefined, cwd: string): string | undefined {
  if (file === undefined) return undefined;
  const absolute = path.resolve(cwd, file);
  const loaded = loadProfile(absolute);
  if (!loaded.ok) throw new InvalidFiles(loaded.errors);
  return absolute;
}
