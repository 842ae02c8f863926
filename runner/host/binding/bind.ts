/** Gives a PCI device to vfio-pci through driver_override, and back to the driver that had it. */
import { groupMembers, looksLikeVfio } from '../discover-group';
import { holdersOf, sayHolders } from '../holders';
import { usesOf } from './host-uses';
import { type BindingEntry, type BindingJournal, PCI_NAME } from './journal';
import type { SystemTree } from './system-tree';

const DRIVER = 'vfio-pci';

/** The device stays as it is; the message says what was found, `advice` what to do. */
export class BindingRefused extends Error {
  override readonly name = 'BindingRefused';
  constructor(
    message: string,
    readonly advice: string,
  ) {
    super(message);
  }
}

export interface BindingPlan {
  readonly device: string;
  /** Absent when no driver has it. */
  readonly driver?: string;
  readonly override: string;
  /** False: a VFIO driver has it already, and nothing is written. */
  readonly needed: boolean;
  /** What will be written, and what writes it back, in order. */
  readonly writes: readonly SysfsWrite[];
}

export interface SysfsWrite {
  readonly file: string;
  readonly text: string;
}

/** Looks and writes nothing. @throws BindingRefused with everything that was found against it */
export function planBinding(tree: SystemTree, device: string): BindingPlan {
  if (!PCI_NAME.test(device))
    throw new BindingRefused(
      `--bind: ${device} is no PCI device`,
      'Only PCI devices are bound; a mediated device has its driver already.',
    );
  const sysfs = sysfsOf(device);
  if (!tree.exists(sysfs))
    throw new BindingRefused(`there is no PCI device ${device}`, '`lspci -D` lists the devices there are.');
  const driver = driverOf(tree, device);
  const override = overrideOf(tree, device);
  const known = { device, override, ...(driver === undefined ? {} : { driver }) };
  if (looksLikeVfio(tree, driver, sysfs)) return { ...known, needed: false, writes: [] };
  if (text(tree, `${sysfs}/class`)?.startsWith('0x06'))
    throw new BindingRefused(`${device} is a bridge, which VFIO does not take`, 'Name the device behind it.');
  const uses = usesOf(tree, sysfs);
  if (uses.length > 0)
    throw new BindingRefused(
      `${device} is not taken from ${driver ?? 'the machine'}, which uses it: ${uses.join('; ')}`,
      'Unmount, swapoff, or move the route or the console elsewhere first, if this is the device you mean.',
    );
  if (!tree.exists(`/sys/bus/pci/drivers/${DRIVER}`))
    throw new BindingRefused(`the driver ${DRIVER} is not loaded`, `Load it: modprobe ${DRIVER}.`);
  const group = tree.readLink(`${sysfs}/iommu_group`);
  if (typeof group !== 'string')
    throw new BindingRefused(
      `${device} belongs to no IOMMU group`,
      'Switch the IOMMU on: intel_iommu=on or amd_iommu=on.',
    );
  const others = groupMembers(tree, group.split('/').at(-1) ?? '').filter(
    (member) => member.name !== device && !member.harmless && !member.vfio,
  );
  if (others.length > 0)
    throw new BindingRefused(
      `the IOMMU group of ${device} also holds ${others.map(({ name, driver: held }) => `${name} (${held ?? 'no driver'})`).join(', ')}`,
      'A group is given away as a whole, and only the named device is touched: bind or unbind the others yourself.',
    );
  return {
    ...known,
    needed: true,
    writes: [
      { file: `${sysfs}/driver_override`, text: `${DRIVER}\n` },
      ...(driver === undefined ? [] : [{ file: `/sys/bus/pci/drivers/${driver}/unbind`, text: `${device}\n` }]),
      { file: '/sys/bus/pci/drivers_probe', text: `${device}\n` },
    ],
  };
}

/** Does what was planned, with a line in the journal first. @throws BindingRefused; then it is as it was, or the journal still knows */
export function bind(tree: SystemTree, journal: BindingJournal, plan: BindingPlan, folder: string): void {
  if (!plan.needed) return;
  const { device, driver, override } = plan;
  const entry: BindingEntry = {
    device,
    override,
    folder,
    boot: bootOf(tree),
    ...(driver === undefined ? {} : { driver }),
  };
  try {
    journal.add(entry);
  } catch (error) {
    throw new BindingRefused(
      `${device} is not bound, for how to give it back could not be kept: ${say(error)}`,
      'Run as root.',
    );
  }
  try {
    for (const { file, text: words } of plan.writes) tree.write(file, words);
    if (driverOf(tree, device) !== DRIVER) throw new Error(`${DRIVER} did not take it`);
  } catch (error) {
    const left = restore(tree, journal, entry);
    throw new BindingRefused(
      `${device} could not be bound to ${DRIVER}: ${say(error)}${left === undefined ? '; it is as it was' : `; ${left}`}`,
      'Binding needs root; the kernel log (dmesg) may say more.',
    );
  }
}

/** Gives it back. What could not be done is told, and stays in the journal. */
export function restore(tree: SystemTree, journal: BindingJournal, entry: BindingEntry): string | undefined {
  const { device, driver, override } = entry;
  // After a restart, and when it was pulled out, there is nothing to put back.
  if (entry.boot !== bootOf(tree) || !tree.exists(sysfsOf(device))) {
    journal.remove(device);
    return undefined;
  }
  const group = tree.readLink(`${sysfsOf(device)}/iommu_group`);
  const node = `/dev/vfio/${typeof group === 'string' ? group.split('/').at(-1) : ''}`;
  const holders = holdersOf(tree, node);
  // The kernel would have this process wait, perhaps for ever, until they let go.
  if (driverOf(tree, device) === DRIVER && holders.length > 0)
    return `${device} is not given back to ${driver ?? 'no driver'}: ${sayHolders(holders)} still has ${node} open; the next run with it free does it`;
  try {
    tree.write(`${sysfsOf(device)}/driver_override`, `${override}\n`);
    if (driverOf(tree, device) === DRIVER && driver !== DRIVER)
      tree.write(`/sys/bus/pci/drivers/${DRIVER}/unbind`, `${device}\n`);
    // Somebody who has bound it to something else meanwhile meant it.
    if (driver !== undefined && driverOf(tree, device) === undefined)
      tree.write(`/sys/bus/pci/drivers/${driver}/bind`, `${device}\n`);
    if (driverOf(tree, device) === DRIVER || (driver !== undefined && driverOf(tree, device) === undefined))
      throw new Error(`${driver ?? 'the kernel'} did not take it`);
  } catch (error) {
    return `${device} is not given back to ${driver ?? 'no driver'}: ${say(error)}; by hand: echo ${device} > /sys/bus/pci/drivers/${driver ?? DRIVER}/${driver === undefined ? 'unbind' : 'bind'}`;
  }
  journal.remove(device);
  return undefined;
}

function sysfsOf(device: string): string {
  return `/sys/bus/pci/devices/${device}`;
}

function driverOf(tree: SystemTree, device: string): string | undefined {
  const link = tree.readLink(`${sysfsOf(device)}/driver`);
  return typeof link === 'string' ? link.split('/').at(-1) : undefined;
}

/** The kernel says `(null)` for none. */
function overrideOf(tree: SystemTree, device: string): string {
  const said = text(tree, `${sysfsOf(device)}/driver_override`) ?? '';
  return said === '(null)' ? '' : said;
}

function bootOf(tree: SystemTree): string {
  return text(tree, '/proc/sys/kernel/random/boot_id') ?? '';
}

function text(tree: SystemTree, name: string): string | undefined {
  const answer = tree.readText(name);
  return typeof answer === 'number' ? undefined : answer.trim();
}

function say(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
