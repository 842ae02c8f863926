/** The backend for a host's name. The reference is no host of this kind: it belongs to a device's name. */
import { connectAgent } from './agent/connect';
import { parseHostName } from './agent/host-name';
import { HostUnavailable } from './host-unavailable';
import { createLocalHost } from './local/local-host';
import type { VfioHost } from './vfio-host';

export interface CreateHostOptions {
  /** What --allow said: `raw-ioctl` lets an agent make ioctls that it does not know. */
  readonly allow?: readonly string[];
}

/** @throws HostUnavailable where the host cannot be reached, or koffi does not run. */
export function createHost(name: string, { allow = [] }: CreateHostOptions = {}): VfioHost {
  const host = parseHostName(name);
  if (host === undefined)
    throw new HostUnavailable(`"${name}" is no host`, 'A host is local, ssh:[USER@]HOST or unix:PATH.');
  return host.kind === 'local' ? createLocalHost() : connectAgent(host, { rawIoctl: allow.includes('raw-ioctl') });
}
