/**
 * The process in which `inspect` opens the device: the device may hang it or kill it, and the command line still has something to say.
 * Called with the device's name; says InspectMessages on standard output, one a line.
 */
import { writeSync } from 'node:fs';
import { HostUnavailable } from '../../host/host-unavailable';
import { DeviceHang, type VfioHost } from '../../host/vfio-host';
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

function inspect(name: string): void {
  const address = parseDeviceAddress(name);
  if (!address.ok) {
    say({ kind: 'failed', message: address.message });
    return;
  }
  let host: VfioHost | undefined;
  try {
    host = createHost(address.value);
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
    else if (error instanceof DeviceHang) say({ kind: 'failed', message: `${error.message}: the device hangs` });
    else throw error;
  } finally {
    host?.dispose();
  }
}

function createHost(address: DeviceAddress): VfioHost {
  if (address.kind === 'reference') {
    const { createReferenceHost } =
      require('../../host/reference/create-reference-host') as typeof import('../../host/reference/create-reference-host');
    return createReferenceHost({ device: address.name });
  }
  const { createLocalHost } = require('../../host/local/local-host') as typeof import('../../host/local/local-host');
  return createLocalHost();
}

inspect(process.argv[2] ?? '');
