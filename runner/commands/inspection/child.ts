/**
 * The process in which `inspect` opens the device: the device may hang it or kill it, and the command line still has something to say.
 * Called with the names of the device and of its host; says InspectMessages on standard output, one a line.
 */
import { writeSync } from 'node:fs';
import { HostUnavailable } from '../../host/host-unavailable';
import { DeviceHang, HostLost, type VfioHost } from '../../host/vfio-host';
import { type DeviceAddress, parseDeviceAddress } from '../../vfio/device-address';
import { openDevice } from '../../vfio/open-device';
import { collect } from './collect';
import type { InspectMessage } from './report';

/** Synchronous, so that it is out before the next system call is made. */
function say(message: InspectMessage): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < line.length; ) at += writeSync(1, line, at);
}

function doing(what: string): void {
  say({ kind: 'doing', what });
}

function inspect(name: string, hostName: string): void {
  const address = parseDeviceAddress(name);
  if (!address.ok) {
    say({ kind: 'failed', message: address.message });
    return;
  }
  let host: VfioHost | undefined;
  try {
    host = hostOf(address.value, hostName);
    doing('opening the device');
    const opened = openDevice(host, address.value);
    if (!opened.ok) {
      say({ kind: 'cannot-open', failure: opened.failure });
      return;
    }
    try {
      say({ kind: 'report', report: collect(opened.value, name, doing) });
    } finally {
      doing('closing the device');
      opened.value.close();
    }
  } catch (error) {
    if (error instanceof HostUnavailable) say({ kind: 'failed', message: error.reason, advice: error.remedy });
    else if (error instanceof HostLost) say({ kind: 'failed', message: error.message });
    else if (error instanceof DeviceHang) say({ kind: 'failed', message: `${error.message}: the device hangs` });
    else throw error;
  } finally {
    host?.dispose();
  }
}

function hostOf(address: DeviceAddress, hostName: string): VfioHost {
  if (address.kind === 'reference') {
    const { createReferenceHost } =
      require('../../host/reference/create-reference-host') as typeof import('../../host/reference/create-reference-host');
    return createReferenceHost({ device: address.name });
  }
  const { createHost } = require('../../host/create-host') as typeof import('../../host/create-host');
  return createHost(hostName);
}

inspect(process.argv[2] ?? '', process.argv[3] ?? 'local');
