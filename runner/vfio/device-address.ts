/** How a device is named on the command line. What stands behind `reference` is the reference's own to read. */
import { isReferenceName, parseReferenceName, type ReferenceName, ReferenceNameError } from '../reference/device-name';

/** A device that sysfs knows; `name` is what it is called there. */
export interface HostAddress {
  /** pci: `0000:00:04.0`; mdev: a UUID in lower case; fsl-mc: `dprc.2`. */
  readonly kind: 'pci' | 'mdev' | 'fsl-mc';
  readonly name: string;
}

/** The simulated device. */
export interface ReferenceAddress {
  readonly kind: 'reference';
  /** As it was given: `reference:zpci,page=64k+NAME`. */
  readonly name: string;
  readonly reference: ReferenceName;
}

export type DeviceAddress = HostAddress | ReferenceAddress;

export type ParsedAddress =
  | { readonly ok: true; readonly value: DeviceAddress }
  /** `message` says what is wrong and what is allowed. */
  | { readonly ok: false; readonly message: string };

const PCI = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DPRC = /^dprc\.\d{1,9}$/;
const ALLOWED =
  'a PCI address (0000:00:04.0, or 00:04.0), the UUID of a mediated device, an fsl-mc container (dprc.2), or ' +
  'reference[:pci|zpci|ccw|fsl-mc][,be][,page=64k][+NAME...]';

/** Reads a device's name. Whether there is such a device, and whether a reference's faults exist, is for who opens it to find out. */
export function parseDeviceAddress(text: string): ParsedAddress {
  const name = text.trim();
  if (isReferenceName(name)) {
    return parseReference(name);
  }
  if (UUID.test(name)) {
    return { ok: true, value: { kind: 'mdev', name: name.toLowerCase() } };
  }
  if (DPRC.test(name)) {
    return { ok: true, value: { kind: 'fsl-mc', name } };
  }
  return parsePci(name);
}

function parsePci(text: string): ParsedAddress {
  const [whole, domain = '0', bus = '', slot = '', fn = ''] = PCI.exec(text) ?? [];
  if (whole === undefined) {
    return wrong(text, 'not the name of a device');
  }
  if (Number.parseInt(slot, 16) > 0x1f) {
    return wrong(text, `slot ${slot} is above 1f`);
  }
  const part = (digits: string, width: number): string => Number.parseInt(digits, 16).toString(16).padStart(width, '0');
  return { ok: true, value: { kind: 'pci', name: `${part(domain, 4)}:${part(bus, 2)}:${part(slot, 2)}.${fn}` } };
}

function parseReference(name: string): ParsedAddress {
  try {
    return { ok: true, value: { kind: 'reference', name, reference: parseReferenceName(name) } };
  } catch (error) {
    if (error instanceof ReferenceNameError) {
      return wrong(name, error.message);
    }
    throw error;
  }
}

function wrong(text: string, reason: string): ParsedAddress {
  return { ok: false, message: `"${text}": ${reason}. A device is ${ALLOWED}.` };
}
