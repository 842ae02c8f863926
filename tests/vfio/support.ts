/** What the tests of this folder share: opening a reference device, and taking a value out of an outcome. */

import { type DeviceAddress, parseDeviceAddress } from '../../runner/vfio/device-address';
import { type OpenedDevice, openDevice } from '../../runner/vfio/open-device';
import type { Outcome } from '../../runner/vfio/outcome';
import { type Script, type ScriptedHost, scriptedReference } from '../support/scripted-host';

/** The value, or a failing test that says what went wrong. */
export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) {
    throw new Error(`expected success, got ${outcome.kind}: ${outcome.message}`);
  }
  return outcome.value;
}

export function address(name: string): DeviceAddress {
  const parsed = parseDeviceAddress(name);
  if (!parsed.ok) {
    throw new Error(parsed.message);
  }
  return parsed.value;
}

export interface Bench {
  readonly host: ScriptedHost;
  readonly opened: OpenedDevice;
}

/** The reference device of this name, open, on a host that can be scripted. */
export function open(name = 'reference', script: Script = {}): Bench {
  const host = scriptedReference(name);
  const opened = openDevice(host, address(name));
  if (!opened.ok) {
    throw new Error(opened.failure.message);
  }
  host.script = script;
  return { host, opened: opened.value };
}
