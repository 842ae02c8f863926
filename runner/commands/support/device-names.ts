/** Names of devices on the command line, checked before anything is opened. */
import { selectReference } from '../../host/reference/create-reference-host';
import { nearest } from '../../language/suggest';
import { ReferenceNameError } from '../../reference/device-name';
import { type DeviceAddress, parseDeviceAddress } from '../../vfio/device-address';
import { UsageError } from './exit';

/** `option` says where the name stood, for the message. @throws UsageError */
export function checkDevice(name: string, option: string): DeviceAddress {
  const parsed = parseDeviceAddress(name);
  if (!parsed.ok) {
    const word = name.trim().split(/[:,+]/, 1)[0] ?? '';
    const suggestion = /^r/i.test(word) && nearest(word, ['reference']);
    throw new UsageError(`${option} ${parsed.message}`, suggestion ? `did you mean ${suggestion} ?` : undefined);
  }
  if (parsed.value.kind === 'reference') checkReference(() => selectReference(name), name, option);
  return parsed.value;
}

/** Turns a reference device's complaint about its name into one about the command line. */
export function checkReference(use: () => unknown, name: string, option: string): void {
  try {
    use();
  } catch (error) {
    if (!(error instanceof ReferenceNameError)) throw error;
    throw new UsageError(
      `${option} "${name}": ${error.message}`,
      name.includes('+') ? '`vfio-conformance faults` lists the faults and variations.' : undefined,
    );
  }
}
