import { type HangMode, VirtualClock } from '../../reference/clock';
import type { DeviceModel } from '../../reference/device/device-model';
import { ReferenceDevice } from '../../reference/device/reference-device';
import { parseReferenceName, type ReferenceName, ReferenceNameError } from '../../reference/device-name';
import { hostPlatform } from '../../reference/kernel/host-platform';
import { Kernel } from '../../reference/kernel/kernel';
import { buildPathTree } from '../../reference/kernel/sysfs';
import type { Peculiarity } from '../../reference/peculiarity';
import { PECULIARITIES } from '../../reference/registry';
import { mediatedByDefault, type ReferenceEndpoint, referenceTopology } from '../../reference/topology';
import type { HostFacts, VfioHost } from '../vfio-host';
import { closestName } from './closest-name';
import { ReferenceHost } from './reference-host';

const DMA_ENTRY_LIMIT = 256;

export interface ReferenceHostOptions {
  /** The device under test: `reference[:pci|zpci|ccw|fsl-mc][,be][,page=64k][,layout=...][,size=...][+NAME...]`. */
  readonly device: string;
  /** The device in group 2, of the same personality, byte order and page size. Default: a correct one, with only those faults of `device` that live on a destination. */
  readonly destination?: string;
  /** What a call that never returns does. `block`: it blocks the thread for ever; `virtual` (default): it throws DeviceHang. */
  readonly hang?: HangMode;
  /** The only clock there is: sleeping costs nothing. */
  readonly clock?: 'virtual';
  /** Decides the devices' content; the same seed gives the same bytes. Default 1. */
  readonly seed?: number;
  /** dma_entry_limit of vfio_iommu_type1, which Linux sets to 65535 and an administrator may lower. Default 256, so that a scenario gets there. */
  readonly dmaEntryLimit?: number;
}

/** What was meant by a device name: the device, and its faults and variations as the registry has them. */
export interface ReferenceSelection {
  readonly name: ReferenceName;
  readonly peculiarities: readonly Peculiarity[];
}

/** Takes a name apart and looks its faults and variations up. Throws ReferenceNameError. */
export function selectReference(text: string): ReferenceSelection {
  const name = parseReferenceName(text);
  const peculiarities = name.peculiarities.map((wanted) => {
    const found = PECULIARITIES.get(wanted);
    if (found !== undefined) return found;
    const near = closestName(wanted, [...PECULIARITIES.keys()]);
    throw new ReferenceNameError(
      `there is no fault or variation '${wanted}'${near === undefined ? '' : `: did you mean '${near}'?`}`,
    );
  });
  return { name, peculiarities };
}

/** A simulated host with two devices: the source in group 1, the destination in group 2 (see referenceTopology). */
export function createReferenceHost(options: ReferenceHostOptions): VfioHost {
  const source = selectReference(options.device);
  const destination =
    options.destination === undefined ? impliedDestination(source) : selectReference(options.destination);
  checkCompatible(source.name, destination.name);
  const clock = new VirtualClock(options.hang ?? 'virtual');
  const seed = options.seed ?? 1;
  const { order, pageSize, personality } = source.name;
  const { mediated } = modelOf(source, { role: 'source', name: '' }, seed);
  const topology = referenceTopology(personality, mediated);
  const platform = hostPlatform(personality, order, pageSize, mediated);
  const build = (
    selection: ReferenceSelection,
    endpoint: ReferenceEndpoint,
  ): { number: number; device: ReferenceDevice } => {
    const model = { ...modelOf(selection, endpoint, seed + endpoint.group * 0x1000), mediated };
    const device = new ReferenceDevice(model, platform.backing, clock);
    for (const peculiarity of selection.peculiarities) peculiarity.device?.(device);
    return { number: endpoint.group, device };
  };
  const entryLimit = options.dmaEntryLimit ?? DMA_ENTRY_LIMIT;
  const kernel = new Kernel({
    order,
    pageSize,
    entryLimit,
    tree: buildPathTree([topology.source, topology.destination], personality, entryLimit),
    groups: [build(source, topology.source), build(destination, topology.destination)],
    onIommu: (iommu) => {
      for (const peculiarity of source.peculiarities) peculiarity.iommu?.(iommu);
    },
  });
  const facts: HostFacts = {
    kind: 'reference',
    name: 'reference',
    architecture: platform.architecture,
    kernelRelease: '6.12.0-reference',
    byteOrder: order,
    pageSize,
    wordBits: 64,
    ioctlEncoding: 'generic',
  };
  return new ReferenceHost(facts, kernel, clock);
}

function modelOf(
  { name, peculiarities }: ReferenceSelection,
  endpoint: Pick<ReferenceEndpoint, 'role' | 'name'>,
  seed: number,
): DeviceModel {
  const { personality, order, pageSize, layout, stateSize } = name;
  const model: DeviceModel = {
    personality,
    order,
    pageSize,
    layout,
    stateSize,
    seed,
    role: endpoint.role,
    name: endpoint.name,
    mediated: mediatedByDefault(personality),
  };
  return peculiarities.reduce((changed, peculiarity) => peculiarity.model?.(changed) ?? changed, model);
}

/** The driver of a destination is the source's own, but only its resuming side is under test there. */
function impliedDestination({ name, peculiarities }: ReferenceSelection): ReferenceSelection {
  return {
    name,
    peculiarities: peculiarities.filter((peculiarity) => peculiarity.onDestination || peculiarity.model !== undefined),
  };
}

/**
 * The destination that a device is certified with: known to be good, so that what goes wrong on the way is the device's own. It keeps
 * the variations, which are part of how a driver writes its stream, what can only be seen on a second device, and of a fault that
 * needs a larger state its size alone.
 */
export function knownGoodDestination(device: string): string {
  const { name, peculiarities } = selectReference(device);
  const kept = peculiarities.filter(
    ({ benign, onDestination, onSecond, model }) =>
      onSecond === true || (benign && (onDestination || model !== undefined)),
  );
  const faults = peculiarities.filter(({ benign }) => !benign);
  const { stateSize } = modelOf({ name, peculiarities: faults }, { role: 'destination', name: '' }, 0);
  const size = stateSize === name.stateSize ? '' : `,size=${stateSize / 1024}k`;
  return [`${device.split('+', 1)[0]}${size}`, ...kept.map((one) => one.name)].join('+');
}

function checkCompatible(source: ReferenceName, destination: ReferenceName): void {
  for (const key of ['personality', 'order', 'pageSize'] as const) {
    if (source[key] !== destination[key])
      throw new ReferenceNameError(`the destination has another ${key} than the source: one host holds both`);
  }
}
