/** Why a device could not be opened, for people: what is the matter, and what to do about it. */
import { ERRNO } from '../abi';
import { type FileHolder, sayHolders } from '../host/holders';
import { groupPath } from './group';
import type { HostDevice } from './host-devices';
import type { Failure } from './outcome';

/**
 * missing: no such device, or no VFIO in the kernel; not-bound: no VFIO driver has it; busy: somebody else does; forbidden:
 * permissions; not-viable: its IOMMU group cannot be used as it is; wrong-kind: not something the kit can drive; limits: the process
 * has used up descriptors or memory.
 */
export type OpenFailureKind = 'missing' | 'not-bound' | 'busy' | 'forbidden' | 'not-viable' | 'wrong-kind' | 'limits';

export interface OpenFailure {
  readonly kind: OpenFailureKind;
  /** What is the matter, in one line. */
  readonly message: string;
  /** What to do about it; may have several lines. */
  readonly advice: string;
}

/** An OpenFailure or what was opened. */
export type Opened<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: OpenFailure };

export function refuse(kind: OpenFailureKind, message: string, advice: string): Opened<never> {
  return { ok: false, failure: { kind, message, advice } };
}

/** The failure for an errno whose meaning does not depend on the call; `otherwise` for the rest. */
export function refuseErrno(what: string, failure: Failure, otherwise: OpenFailureKind, advice: string): Opened<never> {
  const message = `${what}: ${failure.message}`;
  switch (failure.errno) {
    case ERRNO.EMFILE:
    case ERRNO.ENFILE:
    case ERRNO.ENOMEM:
    case ERRNO.ENOSPC:
      return refuse(
        'limits',
        message,
        'Raise the limits of the process: open files (ulimit -n), locked memory (ulimit -l).',
      );
    case ERRNO.EBUSY:
      return refuse('busy', message, BUSY);
    case ERRNO.EACCES:
    case ERRNO.EPERM:
      return refuse('forbidden', message, FORBIDDEN);
    default:
      return refuse(otherwise, message, advice);
  }
}

const BUSY =
  'Something else has it open: a virtual machine, a DPDK or SPDK program, or another run of the kit. Stop it, then try again ' +
  '(`fuser -v /dev/vfio/*` names it).';
const FORBIDDEN =
  'Run as root, or give your user the group: `chown $USER /dev/vfio/GROUP`, and enough locked memory (`ulimit -l`).';

/** The group's node is there and cannot be opened: the two usual reasons in words. */
export function refuseGroup(
  device: HostDevice,
  group: number,
  failure: Failure,
  holders: readonly FileHolder[] = [],
): Opened<never> {
  const node = groupPath(group);
  switch (failure.errno) {
    case ERRNO.EBUSY:
      return refuse(
        'busy',
        `${device.name} is busy: ${holders.length === 0 ? 'another process' : sayHolders(holders)} has ${node} open (EBUSY)`,
        `A virtual machine, a DPDK or SPDK program, or another run of the kit: stop it, then try again (\`fuser -v ${node}\` names it).`,
      );
    case ERRNO.EACCES:
    case ERRNO.EPERM:
      return refuse(
        'forbidden',
        `${device.name} is forbidden to this user: ${node} may not be opened (${failure.errnoName})`,
        `Run as root, or give your user the group: \`chown $USER ${node}\`, and enough locked memory (\`ulimit -l\`).\n` +
          `In a container: allow it the device ${node} as well as /dev/vfio/vfio.`,
      );
    default:
      return refuseErrno(node, failure, 'missing', 'Look into the kernel log (dmesg).');
  }
}

/** The group is open, and its device cannot be had: VFIO_GROUP_GET_DEVICE_FD failed. */
export function refuseDevice(device: HostDevice, failure: Failure): Opened<never> {
  switch (failure.errno) {
    case ERRNO.ENODEV:
      return refuse(
        'not-bound',
        `${device.name} is not bound to a VFIO driver: ${failure.message}`,
        bindAdvice(device),
      );
    case ERRNO.EBUSY:
      return refuse(
        'busy',
        `${device.name} is busy: its driver does not open it (${failure.message})`,
        'No other process can have it, for its group is open here: the driver still holds on to an earlier user. Look into the ' +
          'kernel log (dmesg), and bind the device anew.',
      );
    default: {
      const advice = 'The driver refused to open the device: look into the kernel log (dmesg).';
      return refuseErrno(device.name, failure, 'wrong-kind', advice);
    }
  }
}

/** How to bind a device to VFIO. */
export function bindAdvice(device: HostDevice): string {
  switch (device.bus) {
    case 'pci':
      return [
        'Bind it to vfio-pci, or to its vendor driver for VFIO:',
        '  modprobe vfio-pci',
        `  echo vfio-pci > ${device.path}/driver_override`,
        ...(device.driver === undefined ? [] : [`  echo ${device.name} > ${device.path}/driver/unbind`]),
        `  echo ${device.name} > /sys/bus/pci/drivers_probe`,
      ].join('\n');
    case 'mdev':
      return 'Load vfio_mdev, or the driver that the mediated device belongs to, and look whether it has bound to it.';
    default:
      return `Bind it to the VFIO driver of its bus (vfio-${device.bus}).`;
  }
}

/** A device without an IOMMU group. */
export function noGroup(device: HostDevice): Opened<never> {
  return refuse(
    'not-viable',
    `${device.name} belongs to no IOMMU group`,
    'Switch the IOMMU on: in the firmware (VT-d, AMD-Vi, SMMU), and with intel_iommu=on or amd_iommu=on on the kernel command line.',
  );
}

/** A group without a node under /dev/vfio: nothing of it is bound to a VFIO driver. */
export function noGroupNode(device: HostDevice, group: number): Opened<never> {
  return notBound(device, `; no ${groupPath(group)}`);
}

/** @param more what else shows it */
export function notBound(device: HostDevice, more = ''): Opened<never> {
  const held = device.driver === undefined ? 'no driver has it' : `the driver ${device.driver} has it`;
  return refuse('not-bound', `${device.name} is not bound to a VFIO driver (${held}${more})`, bindAdvice(device));
}
